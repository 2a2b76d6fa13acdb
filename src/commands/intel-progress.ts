import { SingleBar } from 'cli-progress'
import type { SyncProgress } from '../app/intel-sync.ts'
import type { Clock } from '../core/clock.ts'
import { valuesOf } from './intel-text.ts'
import type { Terminal } from './io.ts'

export interface SyncDisplay {
  readonly progress: (provider: string, progress: SyncProgress) => void
  stop(): void
}

/** Between two lines when there is no terminal. */
const LINE_EVERY_MS = 10_000

/** A bar on a terminal, a line now and then in a log. */
export function createSyncDisplay(stderr: Terminal, clock: Clock): SyncDisplay {
  return stderr.isTTY === true ? barOn(stderr) : linesTo(stderr, clock)
}

function barOn(stderr: Terminal): SyncDisplay {
  let bar: SingleBar | undefined
  const stop = (): void => {
    bar?.stop()
    bar = undefined
  }
  return {
    stop,
    progress: (provider, { of, done, total, indicators }) => {
      if (total === 0) return
      const payload = { provider, of, what: valuesOf(of), count: indicators.toLocaleString('en') }
      if (bar === undefined) {
        bar = new SingleBar({
          format:
            '{provider} {bar} {percentage}% {value}/{total} {of}s, {count} {what}s, ETA {eta_formatted}',
          stream: stderr,
          clearOnComplete: true,
        })
        bar.start(total, done, payload)
      } else bar.update(done, payload)
    },
  }
}

function linesTo(stderr: Terminal, clock: Clock): SyncDisplay {
  let last = clock.monotonic()
  return {
    stop: () => undefined,
    progress: (provider, { of, done, total, indicators }) => {
      if (clock.monotonic() - last < LINE_EVERY_MS) return
      last = clock.monotonic()
      const numbers = [done, total, indicators].map((count) => count.toLocaleString('en'))
      stderr.write(`${provider}: ${numbers[0]} of ${numbers[1]} ${of}s, ${numbers[2]} ${valuesOf(of)}s\n`)
    },
  }
}
