import { AppError, type ErrorCode } from '../../../core/errors.ts'
import { parseJson } from '../../../core/json.ts'
import type { HttpAnswer } from '../../http/client.ts'
import { retryTime } from '../../http/retry-after.ts'
import { mispMessage } from './schema.ts'

interface Meaning {
  readonly code: ErrorCode
  readonly text: string
  readonly hint: string
}

/** A part of MISP's message, in lower case, and what it means (2.4.199 to 2.5.1). The first that fits counts. */
const MESSAGES: readonly (readonly [part: string, meaning: Meaning])[] = [
  [
    'user account has been disabled',
    {
      code: 'PROVIDER_REFUSED',
      text: 'MISP refuses the key: its user is disabled',
      hint: 'Enable the user in MISP, or give Tripline a key of another one.',
    },
  ],
  [
    'from your ip address',
    {
      code: 'PROVIDER_REFUSED',
      text: 'MISP refuses the key from the address of this machine',
      hint: 'Add the address to the allowed IPs of the key in MISP, or make a key without them.',
    },
  ],
  [
    'auth key is expired',
    {
      code: 'PROVIDER_REFUSED',
      text: 'MISP refuses the key: it has expired',
      hint: 'Make a new key in MISP (profile, Auth keys).',
    },
  ],
  [
    'authentication failed',
    {
      code: 'PROVIDER_REFUSED',
      text: 'MISP refuses the key: it is wrong or has expired, or the role of its user may not use the API',
      hint: 'Copy the key once more, all 40 characters, or make a new one (profile, Auth keys); its role needs "Auth key access".',
    },
  ],
  [
    'you do not have permission',
    {
      code: 'PROVIDER_REFUSED',
      text: 'MISP refuses this to the key: it or the role of its user lacks the right',
      hint: 'Look at the role of the user, and whether the key is read-only.',
    },
  ],
  [
    'api searches are not allowed',
    {
      code: 'PROVIDER_REFUSED',
      text: 'MISP allows the role of the key no searches: its rate limit is 0',
      hint: 'Set another rate limit for the role in MISP, or use a user with another role.',
    },
  ],
]

const HTML_HINT =
  'Is the path in url right? A MISP below a path is written https://host/misp. The login page of a proxy before it looks the same.'
const LOG_HINT =
  'Its logs say more (app/tmp/logs/error.log): a database that is down, or the end of memory or time of PHP.'

const FORBIDDEN: Meaning = {
  code: 'PROVIDER_REFUSED',
  text: 'The server refuses the request (403)',
  hint: 'It may be a firewall or proxy before MISP: look at its logs.',
}

/** By status, where no message says more. Statuses as recorded of 2.5.1 and as proxies before it use them. */
const STATUSES: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [
    401,
    {
      code: 'PROVIDER_REFUSED',
      text: 'The web server before MISP asks for a login of its own (401)',
      hint: 'Let Tripline past it: MISP itself wants only its key.',
    },
  ],
  [403, FORBIDDEN],
  [
    404,
    {
      code: 'PROVIDER_UNSUPPORTED',
      text: 'There is no MISP at this address, or it lacks this function (404)',
      hint: HTML_HINT,
    },
  ],
  [
    413,
    {
      code: 'PROVIDER_OVERLOADED',
      text: 'The server takes no request of this length (413)',
      hint: 'Raise client_max_body_size or its like in the server, or lower batchSize.',
    },
  ],
  [500, { code: 'PROVIDER_OVERLOADED', text: 'MISP had an internal error (500)', hint: LOG_HINT }],
  ...[502, 503, 504].map((status): [number, Meaning] => [
    status,
    {
      code: 'PROVIDER_UNREACHABLE',
      text: `A server before MISP cannot reach it (${status})`,
      hint: 'Is MISP (PHP) running behind its web server or proxy?',
    },
  ]),
])

/** Without `X-Rate-Limit-Reset` and `Retry-After`: MISP's own window is 15 minutes. */
const DEFAULT_RETRY_MS = 60_000

/** The parsed JSON of a good answer; throws an AppError for every other. */
export function readAnswer(answer: HttpAnswer): unknown {
  const { status, body } = answer
  if (status >= 300 && status < 400) throw redirected(answer)
  if (status === 429) throw throttled(answer)
  if (status >= 400) throw refused(answer)
  const json = parseJson(body)
  if (json !== undefined) return json
  if (!looksLikeHtml(answer)) throw malformed('The answer of MISP is cut off or is no JSON')
  throw new AppError('PROVIDER_UNSUPPORTED', 'There is no MISP at this address: it answers with a web page', {
    hint: HTML_HINT,
  })
}

/** An answer that is not what MISP gives. */
export function malformed(text: string): AppError {
  return new AppError('PROVIDER_MALFORMED', text, {
    hint: 'Is it a MISP that answers there? Its logs, and those of a proxy before it, say more.',
  })
}

function looksLikeHtml({ headers, body }: HttpAnswer): boolean {
  return /^text\/html\b/i.test(headers['content-type'] ?? '') || /^\s*<(?:!doctype|html)\b/i.test(body)
}

/** MISP has no 503: in maintenance it sends everybody but site admins to its login page, with the right headers too. */
function redirected({ headers }: HttpAnswer): AppError {
  const target = headers['location'] ?? ''
  if (target === '' || /\/users\/login\b/i.test(target)) {
    return new AppError(
      'PROVIDER_UNREACHABLE',
      'MISP is in maintenance: it sends requests to its login page',
      {
        hint: 'It is asked again. If it lasts, look at MISP.live in its settings.',
      },
    )
  }
  const where = URL.canParse(target) ? `another address, ${bareAddress(target)}` : 'another path'
  return new AppError('PROVIDER_UNSUPPORTED', `The server sends to ${where}`, {
    hint: 'Set url to the address that MISP itself answers at.',
  })
}

/** Without the query: single sign-on puts tokens there. */
function bareAddress(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`.slice(0, 200)
}

function throttled({ headers }: HttpAnswer): AppError {
  const retryAfterMs = retryAfter(headers) ?? DEFAULT_RETRY_MS
  return new AppError('PROVIDER_THROTTLED', 'MISP is asked too often for the rate limit of the role', {
    retryAfterMs,
    hint: 'Raise the rate limit of the role in MISP, or use mode: mirror or hybrid.',
  })
}

/** MISP gives seconds in its own header and no `Retry-After` (2.5.1); proxies give that. */
function retryAfter(headers: Readonly<Record<string, string>>): number | undefined {
  return retryTime(headers['x-rate-limit-reset'] ?? headers['retry-after'], headers)
}

/** MISP's own words are compared, never shown: they may repeat what was sent. */
function refused({ status, headers, body }: HttpAnswer): AppError {
  const message = mispMessage.safeParse(parseJson(body)).data?.message.toLowerCase() ?? ''
  const said = MESSAGES.find(([part]) => message.includes(part))?.[1]
  const { code, text, hint } = said ?? STATUSES.get(status) ?? otherStatus(status)
  const retryAfterMs = status === 503 ? retryAfter(headers) : undefined
  return new AppError(code, text, { hint, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
}

function otherStatus(status: number): Meaning {
  return {
    code: status >= 500 ? 'PROVIDER_OVERLOADED' : 'PROVIDER_UNSUPPORTED',
    text: `The server answers with status ${status}`,
    hint: status >= 500 ? LOG_HINT : HTML_HINT,
  }
}
