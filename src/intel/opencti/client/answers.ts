import { AppError, type ErrorCode } from '../../../core/errors.ts'
import { parseJson } from '../../../core/json.ts'
import type { HttpAnswer } from '../../http/client.ts'
import { retryAfter } from '../../http/retry-after.ts'
import { faultOf } from './faults.ts'
import { envelope } from './schema.ts'

const PATH_HINT =
  'Is the path in url right? An OpenCTI below a path (base_path) is written https://host/opencti. Every page it does not know it answers with its web interface.'
const PROXY_HINT = 'It may be a login page or an error page of a proxy before OpenCTI.'

interface Meaning {
  readonly code: ErrorCode
  readonly text: string
  readonly hint: string
}

/** By status, of answers that are no GraphQL answers. */
const STATUSES: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [401, { code: 'PROVIDER_REFUSED', text: 'The server refuses the token (401)', hint: PROXY_HINT }],
  [403, { code: 'PROVIDER_REFUSED', text: 'The server refuses the request (403)', hint: PROXY_HINT }],
  [404, { code: 'PROVIDER_UNSUPPORTED', text: 'There is no OpenCTI at this address (404)', hint: PATH_HINT }],
  [405, { code: 'PROVIDER_UNSUPPORTED', text: 'There is no OpenCTI at this address (405)', hint: PATH_HINT }],
  [
    413,
    {
      code: 'PROVIDER_OVERLOADED',
      text: 'The server takes no request of this length (413)',
      hint: 'Raise the limit of the server before OpenCTI, or lower batchSize.',
    },
  ],
  ...[502, 503, 504].map((status): [number, Meaning] => [
    status,
    {
      code: 'PROVIDER_UNREACHABLE',
      text: `A server before OpenCTI cannot reach it (${status})`,
      hint: 'Is OpenCTI running behind its proxy? It takes some minutes to start.',
    },
  ]),
])

/** When an answer with 429 does not say. OpenCTI's own limit counts seconds. */
const DEFAULT_RETRY_MS = 5000

/**
 * `data` of a GraphQL answer. Nearly every error of OpenCTI comes with status 200: `errors` is looked at first, and data
 * beside errors is not used, since what is missing of it cannot be told from what is not there. Throws an AppError.
 */
export function readData(answer: HttpAnswer): Readonly<Record<string, unknown>> {
  const { status, body } = answer
  const { data: said } = envelope.safeParse(parseJson(body))
  if (said?.errors !== undefined && said.errors.length > 0) throw faultOf(said.errors)
  if (status !== 200) throw refused(answer)
  if (said === undefined) throw noJson(answer)
  if (!isObject(said.data)) throw malformed('The answer of OpenCTI has no data')
  return said.data
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An answer that is not what OpenCTI gives. */
export function malformed(text: string): AppError {
  return new AppError('PROVIDER_MALFORMED', text, {
    hint: 'Is it an OpenCTI that answers there? Its logs, and those of a proxy before it, say more.',
  })
}

function noJson({ headers, body }: HttpAnswer): AppError {
  const isHtml =
    /^text\/html\b/i.test(headers['content-type'] ?? '') || /^\s*<(?:!doctype|html)\b/i.test(body)
  if (!isHtml) return malformed('The answer of OpenCTI is cut off or is no JSON')
  return new AppError(
    'PROVIDER_UNSUPPORTED',
    'There is no OpenCTI at this address: it answers with a web page',
    {
      hint: PATH_HINT,
    },
  )
}

export function refused({ status, headers }: Pick<HttpAnswer, 'status' | 'headers'>): AppError {
  if (status === 429) {
    const retryAfterMs = retryAfter(headers) ?? DEFAULT_RETRY_MS
    return new AppError('PROVIDER_THROTTLED', 'OpenCTI, or a proxy before it, is asked too often', {
      retryAfterMs,
      hint: 'Exempt Tripline (its User-Agent begins with Tripline) from the rate limit, or set a longer rateLimit.',
    })
  }
  if (status >= 300 && status < 400)
    return new AppError('PROVIDER_UNSUPPORTED', 'The server sends to another address', {
      hint: 'Set url to the address that OpenCTI itself answers at.',
    })
  const { code, text, hint } = STATUSES.get(status) ?? {
    code: status >= 500 ? ('PROVIDER_OVERLOADED' as const) : ('PROVIDER_UNSUPPORTED' as const),
    text: `The server answers with status ${status}`,
    hint: status >= 500 ? 'Its logs say more.' : PATH_HINT,
  }
  const retryAfterMs = status === 503 ? retryAfter(headers) : undefined
  return new AppError(code, text, { hint, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
}
