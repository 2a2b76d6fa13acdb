/** What to do about an error: give up on the input, try again, or try again later. */
export type Retryability = 'permanent' | 'transient' | 'throttled'

/** The closed list of codes. Each has a paragraph in `docs/errors.md`; a test compares the two. */
export const ERROR_CODES = {
  CONFIG_INVALID: 'permanent',
  CONFIG_UNREADABLE: 'permanent',
  SECRET_UNREADABLE: 'permanent',
  STATE_LOCKED: 'permanent',
  STATE_UNWRITABLE: 'permanent',
  STORE_UNREACHABLE: 'transient',
  STORE_REFUSED: 'permanent',
  STORE_FULL: 'transient',
  SOURCE_UNREADABLE: 'transient',
  SOURCE_MISSING: 'transient',
  ADDRESS_UNUSABLE: 'permanent',
  ALERT_MALFORMED: 'permanent',
  FEED_UNREADABLE: 'transient',
  FEED_MALFORMED: 'permanent',
  PROVIDER_UNREACHABLE: 'transient',
  PROVIDER_THROTTLED: 'throttled',
  PROVIDER_REFUSED: 'permanent',
  PROVIDER_UNTRUSTED: 'permanent',
  PROVIDER_UNSUPPORTED: 'permanent',
  PROVIDER_MALFORMED: 'transient',
  PROVIDER_OVERLOADED: 'transient',
  SINK_FULL: 'transient',
  SINK_UNWRITABLE: 'transient',
  SINK_CLOSED: 'permanent',
  SHUTDOWN_LATE: 'permanent',
  INTERNAL: 'permanent',
} as const satisfies Record<string, Retryability>

export type ErrorCode = keyof typeof ERROR_CODES

export interface AppErrorOptions {
  readonly cause?: unknown
  /** One sentence: what the reader can do about it. */
  readonly hint?: string
  readonly retryAfterMs?: number
}

/** The one error class that crosses module borders. Match on `code`, never on `message`. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly retryability: Retryability
  readonly hint: string | undefined
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.retryability = ERROR_CODES[code]
    this.hint = options.hint
    this.retryAfterMs = options.retryAfterMs
  }
}

/** The `errno` word of a Node system error (`ENOSPC`, `EACCES` …), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** An AppError as it is; anything else thrown is a defect, and becomes INTERNAL. `what`: what went wrong, before its text. */
export function toAppError(error: unknown, what?: string): AppError {
  if (error instanceof AppError) return error
  const text = what === undefined ? errorText(error) : `${what}: ${errorText(error)}`
  return new AppError('INTERNAL', text, { cause: error })
}

/** A text for any thrown value, also for one that cannot be made into text. */
export function errorText(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error)
  } catch {
    return 'An error without a text'
  }
}
