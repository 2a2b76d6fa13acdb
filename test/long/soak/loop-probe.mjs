/* oxlint-disable typescript/no-unsafe-argument, typescript/no-unsafe-call, typescript/no-unsafe-assignment, typescript/no-unsafe-member-access -- no types for plain JavaScript; it is loaded into the built daemon, which has no loader */
/**
 * Loaded into the daemon with `--import`, and by that into its helping threads, of which it tells nothing: writes to descriptor 3, every ten seconds, how long its event loop was held up, and the
 * least heap in use meanwhile: what lies above that waits for the garbage collector.
 */
import { writeSync } from 'node:fs'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

const LOOK_MS = 250
const LOOKS = 40
function tenths(nanoseconds) {
  return Math.round(nanoseconds / 1e5) / 10
}

function watch() {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  let last = performance.eventLoopUtilization()
  let looks = 0
  let heap = Infinity
  setInterval(() => {
    heap = Math.min(heap, process.memoryUsage().heapUsed)
    looks += 1
    if (looks < LOOKS) return
    const now = performance.eventLoopUtilization()
    const told = {
      p50: tenths(delay.percentile(50)),
      p99: tenths(delay.percentile(99)),
      max: tenths(delay.max),
      busy: Math.round(performance.eventLoopUtilization(now, last).utilization * 1000) / 1000,
      heapMib: Math.round(heap / 1024 ** 2),
    }
    delay.reset()
    last = now
    looks = 0
    heap = Infinity
    writeSync(3, `${JSON.stringify(told)}\n`)
  }, LOOK_MS).unref()
}

if (isMainThread) watch()
