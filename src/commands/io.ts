import type { Readable, Writable } from 'node:stream'

export interface Terminal extends Writable {
  readonly isTTY?: boolean
}

/** What a command may touch: everything of the process that it needs, as arguments. */
export interface CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable
  readonly stdout: Terminal
  readonly stderr: Terminal
  /** Aborts at the first SIGHUP, SIGINT or SIGTERM. */
  readonly signal: AbortSignal
  readonly version: string
  /** Set by a command that ends otherwise than with 0. */
  setExitCode(code: number): void
  /** Called by a command that leaves work behind that may never end: the process is ended all the same. */
  abandon(): void
}

/** Documented in `docs/operations.md`. */
export const EXIT = { ok: 0, failure: 1, usage: 2, match: 3 } as const
