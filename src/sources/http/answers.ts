/** What became of a request, as it is counted. */
export const OUTCOMES = [
  'accepted',
  'no_alert',
  'unauthorized',
  'not_found',
  'wrong_method',
  'too_large',
  'wrong_type',
  'damaged',
  'cut',
  'full',
  'unwritable',
  'stopping',
  'failed',
] as const
export type Outcome = (typeof OUTCOMES)[number]

export interface Answer {
  readonly status: number
  /** For people, with what to do. */
  readonly error?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Seconds after which a sender may come again: what waits is worked on meanwhile. */
const RETRY_AFTER = '10'
/** A disk does not become free as fast. */
const RETRY_LATER = '30'

/**
 * By outcome. Vector, Fluent Bit and Logstash come again after 503 and 429, and drop what they sent after most other 4xx: what may
 * pass by itself is a 503. Connections are left open but for the end: one that is closed while the sender still sends is reset,
 * and the answer is lost with it.
 */
export const ANSWERS: Readonly<Record<Outcome, Answer>> = {
  accepted: { status: 200 },
  no_alert: {
    status: 400,
    error: 'No alert in it: send JSON objects, one a line or in a list (docs/http-source.md)',
  },
  unauthorized: {
    status: 401,
    error: 'The header «Authorization: Bearer <token>» is missing or wrong',
    headers: { 'www-authenticate': 'Bearer' },
  },
  not_found: { status: 404, error: 'Nothing is here: alerts go to POST /alerts' },
  wrong_method: { status: 405, error: 'Alerts go to POST /alerts', headers: { allow: 'POST' } },
  too_large: {
    status: 413,
    error: 'Too large (maxBodyBytes, unpacked), or too many alerts (100000): send smaller batches',
  },
  wrong_type: {
    status: 415,
    error: 'Send application/json or application/x-ndjson in UTF-8, plain or with Content-Encoding: gzip',
    headers: { 'accept-encoding': 'gzip' },
  },
  damaged: { status: 400, error: 'The gzip data is damaged: send it as one whole gzip file' },
  cut: {
    status: 408,
    error: 'The request did not arrive in time (requestTimeout): send smaller batches, or more at a time',
    headers: { connection: 'close' },
  },
  full: {
    status: 503,
    error: 'Too many alerts wait already (maxWaitingAlerts, maxWaitingBytes): send it again later',
    headers: { 'retry-after': RETRY_AFTER },
  },
  unwritable: {
    status: 503,
    error: 'The alerts cannot be written to the disk: send them again later',
    headers: { 'retry-after': RETRY_LATER },
  },
  stopping: {
    status: 503,
    error: 'Tripline stops: send it again later',
    headers: { 'retry-after': RETRY_AFTER },
  },
  failed: { status: 500, error: 'Tripline failed: its log says why' },
}
