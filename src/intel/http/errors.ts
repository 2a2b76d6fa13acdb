import { errors } from 'undici'
import { AppError, type ErrorCode } from '../../core/errors.ts'

interface Trouble {
  readonly code: ErrorCode
  /** What comes after the name of the server. */
  readonly text: string
  readonly hint: string
}

const NO_ANSWER_HINT = 'Is the server running, and is the port in the address right?'
const CA_HINT =
  'Set caFile to a PEM file with the certificate of the authority that signed it; for a self-signed certificate that is the certificate itself.'
const ROUTE_HINT = 'Look at the network and the firewall between this machine and the server.'
const CLOCK_HINT = 'Renew it on the server. If it is in date, the clock of this machine is wrong.'
const PROXY_HINT = 'Look at HTTPS_PROXY, HTTP_PROXY and NO_PROXY in the environment.'

const UNTRUSTED: Trouble = {
  code: 'PROVIDER_UNTRUSTED',
  text: 'has a certificate that is signed by itself or by an authority this machine does not know',
  hint: CA_HINT,
}
const CLOSED: Trouble = {
  code: 'PROVIDER_UNREACHABLE',
  text: 'closed the connection before its answer was complete',
  hint: 'Look at the logs of the server and of any proxy before it.',
}
const NO_ROUTE: Trouble = {
  code: 'PROVIDER_UNREACHABLE',
  text: 'cannot be reached: no route',
  hint: ROUTE_HINT,
}
const NO_CONNECTION: Trouble = {
  code: 'PROVIDER_UNREACHABLE',
  text: 'does not answer: no connection in time',
  hint: ROUTE_HINT,
}
const NO_TLS: Trouble = {
  code: 'PROVIDER_UNREACHABLE',
  text: 'could not agree on an encrypted connection',
  hint: 'Is the port right, and does the server speak TLS there (or is its address http://)?',
}
const EXPIRED: Trouble = {
  code: 'PROVIDER_UNTRUSTED',
  text: 'has a certificate that is not valid today',
  hint: CLOCK_HINT,
}

/** By the codes of libuv, Node's TLS (OpenSSL's X509_V_ERR_* names) and undici 7. */
const TROUBLES: Readonly<Record<string, Trouble>> = {
  ENOTFOUND: {
    code: 'PROVIDER_UNREACHABLE',
    text: 'is a name that DNS does not know',
    hint: 'Look at the host in the address, and at the name servers of this machine.',
  },
  EAI_AGAIN: {
    code: 'PROVIDER_UNREACHABLE',
    text: 'could not be looked up: DNS does not answer',
    hint: 'Look at the name servers of this machine.',
  },
  ECONNREFUSED: { code: 'PROVIDER_UNREACHABLE', text: 'refuses connections', hint: NO_ANSWER_HINT },
  ECONNRESET: CLOSED,
  EPIPE: CLOSED,
  UND_ERR_SOCKET: CLOSED,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: CLOSED,
  EHOSTUNREACH: NO_ROUTE,
  ENETUNREACH: NO_ROUTE,
  ETIMEDOUT: NO_CONNECTION,
  UND_ERR_CONNECT_TIMEOUT: NO_CONNECTION,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_HAS_EXPIRED: EXPIRED,
  CERT_NOT_YET_VALID: EXPIRED,
  ERR_TLS_CERT_ALTNAME_INVALID: {
    code: 'PROVIDER_UNTRUSTED',
    text: 'has a certificate for another name',
    hint: 'Write the address with the name its certificate is for.',
  },
  EPROTO: NO_TLS,
  UND_ERR_ABORTED: {
    code: 'PROVIDER_UNREACHABLE',
    text: 'cannot be reached: the proxy refuses the connection to it',
    hint: PROXY_HINT,
  },
  UND_ERR_HEADERS_OVERFLOW: {
    code: 'PROVIDER_MALFORMED',
    text: 'answers with too long headers',
    hint: 'Is the address that of the platform?',
  },
}

const OTHER: Trouble = { code: 'PROVIDER_UNREACHABLE', text: 'could not be asked', hint: ROUTE_HINT }

/** How many causes deep undici and its proxy agent wrap an error. */
const MAX_DEPTH = 4

/**
 * What went wrong on the way to `server` (host and port) and back, as an AppError. Neither its message nor its cause
 * carries anything of the request or of the answer: undici's parser errors hold raw bytes, so that only codes are kept.
 */
export function httpError(cause: unknown, server: string): AppError {
  if (cause instanceof AppError) return cause
  const code = codeOf(cause, 0)
  const { code: appCode, text, hint } = troubleOf(code)
  const detail = code === undefined ? '' : ` (${code})`
  return new AppError(appCode, `${server} ${text}${detail}`, { hint })
}

function troubleOf(code: string | undefined): Trouble {
  if (code === undefined) return OTHER
  const known = Object.hasOwn(TROUBLES, code) ? TROUBLES[code] : undefined
  if (known !== undefined) return known
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) return NO_TLS
  if (!code.startsWith('HPE_') && !code.startsWith('Z_')) return OTHER
  return {
    code: 'PROVIDER_MALFORMED',
    text: code.startsWith('Z_') ? 'sent an answer whose compression is broken' : 'does not speak HTTP',
    hint: NO_TLS.hint,
  }
}

/** The innermost known code, else the outermost of any. */
function codeOf(error: unknown, depth: number): string | undefined {
  if (!(error instanceof Error) || depth > MAX_DEPTH) return undefined
  // undici leaves out the code of most of these.
  if (error instanceof errors.HTTPParserError) return error.code ?? 'HPE_UNKNOWN'
  const own = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  if (own !== undefined && own !== 'UND_ERR_ABORTED' && Object.hasOwn(TROUBLES, own)) return own
  return codeOf(error.cause, depth + 1) ?? own
}
