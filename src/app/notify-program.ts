import { execFile } from 'node:child_process'
import { systemErrorCode } from '../core/errors.ts'
import { clip } from '../core/text.ts'

/** A way to systemd. */
export interface NotifyWay {
  /** Lines `NAME=value` (sd_notify(3)). In order, without waiting. */
  send(message: string): void
  /** Resolves when what was sent is with systemd. */
  close(): Promise<void>
}

export interface NotifyProgramOptions {
  /** `NOTIFY_SOCKET`. */
  readonly socket: string
  /** `PATH`, where the program is looked for. */
  readonly path: string
  readonly onFailure: (problem: string) => void
  /** Longest time of one message. Default 5 s: systemd has much to do while a machine starts. */
  readonly timeoutMs?: number
}

/** Messages that wait for the one before them: more are of no use to anybody. */
const MAX_WAITING = 4

/**
 * Sends by `systemd-notify` (version 246 and later), which comes with systemd: a process for each message, with nothing of this
 * one's environment. It stays until systemd has read the message, which would else not know whose it was. Being another process,
 * it is heard only where the unit says `NotifyAccess=all`; nobody tells it when it is not.
 */
export function createNotifyProgram(options: NotifyProgramOptions): NotifyWay {
  const { socket, path, onFailure, timeoutMs = 5000 } = options
  let waiting = 0
  let last = Promise.resolve()

  function run(message: string): Promise<void> {
    const assignments = message.split('\n').filter((line) => line !== '')
    const env = { NOTIFY_SOCKET: socket, PATH: path }
    const limits = { env, timeout: timeoutMs, killSignal: 'SIGKILL' } as const
    return new Promise((resolve) => {
      execFile('systemd-notify', assignments, limits, (error, _stdout, stderr) => {
        waiting -= 1
        if (error !== null) onFailure(problemOf(error, stderr))
        resolve()
      })
    })
  }

  return {
    send: (message) => {
      if (waiting >= MAX_WAITING) return
      waiting += 1
      last = last.then(() => run(message))
    },
    close: () => last,
  }
}

function problemOf(
  error: Error & { readonly killed?: boolean; readonly code?: unknown },
  stderr: string,
): string {
  const words = stderr.replaceAll('\n', ' ').trim()
  const said = systemErrorCode(error) ?? (words === '' ? `it ended with ${String(error.code)}` : words)
  if (error.killed === true) return 'systemd-notify did not end in time'
  return clip(`systemd-notify failed: ${said}`, 300)
}
