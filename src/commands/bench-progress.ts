import type { SuiteName } from '../app/bench/names.ts'
import type { Clock } from '../core/clock.ts'
import type { Terminal } from './io.ts'

export interface BenchDisplay {
  readonly loading: (indicators: number) => void
  readonly progress: (suite: SuiteName, done: number, of: number) => void
  stop(): void
}

/** Often enough to see that something happens, so seldom that it is not measured. */
const EVERY_MS = 200
/** ECMA-48: carriage return, erase to the end of the line. */
const CLEAR_LINE = '\r\u001B[K'

/** What is being done, on a line of a terminal; silent when there is none. */
export function createBenchDisplay(stderr: Terminal, clock: Clock): BenchDisplay {
  if (stderr.isTTY !== true)
    return { loading: () => undefined, progress: () => undefined, stop: () => undefined }
  let last = -Infinity
  const say = (text: () => string): void => {
    if (clock.monotonic() - last < EVERY_MS) return
    last = clock.monotonic()
    stderr.write(`${CLEAR_LINE}${text()}`)
  }
  return {
    loading: (indicators) => say(() => `loaded ${whole(indicators)} indicators`),
    progress: (suite, done, of) => say(() => `${suite} ${whole(done)} of ${whole(of)}`),
    stop: () => void stderr.write(CLEAR_LINE),
  }
}

function whole(value: number): string {
  return Math.floor(value).toLocaleString('en')
}
