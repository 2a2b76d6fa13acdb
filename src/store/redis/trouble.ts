import { ErrorReply } from '@redis/client'
import { AppError, systemErrorCode, type ErrorCode } from '../../core/errors.ts'

interface Trouble {
  readonly code: ErrorCode
  /** What comes after the name of the server. */
  readonly text: string
  readonly hint: string
}

const RIGHTS_HINT =
  'The user needs these commands on keys with the prefix of the settings: GET, MGET, SET, DEL, SCAN, EVAL, TIME, INFO, PING, SELECT, CLIENT SETNAME.'

/** By the first word of an error reply (Redis 6.2 to 8, Valkey 7 to 9). */
const REPLIES: Readonly<Record<string, Trouble>> = {
  WRONGPASS: {
    code: 'STORE_REFUSED',
    text: 'refuses the password',
    hint: 'Look at `username` and `password` of the store.',
  },
  NOAUTH: {
    code: 'STORE_REFUSED',
    text: 'wants a password',
    hint: 'Set `passwordFile` of the store, and `username` where it is not the default user.',
  },
  NOPERM: { code: 'STORE_REFUSED', text: 'does not let this user do what is needed', hint: RIGHTS_HINT },
  READONLY: {
    code: 'STORE_REFUSED',
    text: 'is a read-only replica',
    hint: 'Give `host` and `port` of the primary server.',
  },
  OOM: {
    code: 'STORE_FULL',
    text: 'has no memory left',
    hint: 'Raise `maxmemory`, or let it evict keys with `maxmemory-policy volatile-ttl`.',
  },
  MISCONF: {
    code: 'STORE_FULL',
    text: 'takes no writes, as it cannot save to its disk',
    hint: 'Look at the disk and the log of the server.',
  },
  LOADING: {
    code: 'STORE_UNREACHABLE',
    text: 'is loading its data',
    hint: 'Nothing to do: it will be ready.',
  },
  MASTERDOWN: {
    code: 'STORE_UNREACHABLE',
    text: 'has lost its primary server',
    hint: 'Give `host` and `port` of the primary server.',
  },
}

const REFUSES: Trouble = {
  code: 'STORE_UNREACHABLE',
  text: 'refuses connections',
  hint: 'Is the server running, and are `host` and `port` right?',
}
const UNKNOWN_HOST: Trouble = {
  code: 'STORE_UNREACHABLE',
  text: 'is a name that cannot be looked up',
  hint: 'Look at `host` of the store, and at the name servers of this machine.',
}
const UNTRUSTED: Trouble = {
  code: 'STORE_REFUSED',
  text: 'has a certificate that cannot be trusted',
  hint: 'Set `caFile` of the store to a PEM file with the authority that signed it, and `host` to a name it is for.',
}
const OTHER: Trouble = {
  code: 'STORE_UNREACHABLE',
  text: 'does not answer',
  hint: 'Look at the server, and at the network between this machine and it.',
}

/** By the codes of libuv and of Node's TLS (OpenSSL's X509_V_ERR_* names). */
const SYSTEM: Readonly<Record<string, Trouble>> = {
  ECONNREFUSED: REFUSES,
  ENOTFOUND: UNKNOWN_HOST,
  EAI_AGAIN: UNKNOWN_HOST,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: UNTRUSTED,
  CERT_NOT_YET_VALID: UNTRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: UNTRUSTED,
}

/**
 * What went wrong with `server` (host and port) as an AppError, which shows nothing of what was sent: STORE_UNREACHABLE when
 * another attempt makes sense at once, STORE_REFUSED when somebody has to change something, STORE_FULL.
 */
export function redisError(cause: unknown, server: string): AppError {
  if (cause instanceof AppError) return cause
  const word = wordOf(cause)
  const { code, text, hint } = troubleOf(cause, word)
  const detail = word === undefined ? '' : ` (${word})`
  return new AppError(code, `The store ${server} ${text}${detail}`, { hint })
}

/**
 * Of an error reply that concerns one command and not the server as such: no right to it, no such command, an error in it. Undefined
 * for all else.
 */
export function refusedCommand(cause: unknown, server: string): AppError | undefined {
  if (!(cause instanceof ErrorReply)) return undefined
  const word = wordOf(cause) ?? 'ERR'
  if (word !== 'NOPERM' && Object.hasOwn(REPLIES, word)) return undefined
  return new AppError('STORE_REFUSED', `The store ${server} refuses a command (${word})`, {
    hint: RIGHTS_HINT,
  })
}

/** Another kind of value lies under the key. */
export function isWrongType(cause: unknown): boolean {
  return cause instanceof ErrorReply && wordOf(cause) === 'WRONGTYPE'
}

function troubleOf(cause: unknown, word: string | undefined): Trouble {
  if (word === undefined) return OTHER
  const table = cause instanceof ErrorReply ? REPLIES : SYSTEM
  return (Object.hasOwn(table, word) ? table[word] : undefined) ?? OTHER
}

/** The code of the error: the first word of a reply, the code of the system for anything else. */
function wordOf(error: unknown): string | undefined {
  if (error instanceof ErrorReply) return /^[A-Z]{2,20}(?= |$)/.exec(error.message)?.[0]
  return systemErrorCode(error)
}
