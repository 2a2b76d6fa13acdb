/** Child of `opencti-mirror.ts`: fills a mirror from the fake OpenCTI or from its snapshot and prints time and memory. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { systemClock } from '../src/core/clock.ts'
import { openLmdbBodies } from '../src/intel/mirror/lmdb-bodies.ts'
import { createMirror } from '../src/intel/mirror/mirror.ts'
import { openCtiConfig } from '../src/intel/opencti/config.ts'
import { createOpenCtiProvider } from '../src/intel/opencti/opencti.ts'
import { createMemoryStore } from '../src/store/memory/memory.ts'
import { createLogger } from '../src/telemetry/logger.ts'
import { createMetrics } from '../src/telemetry/metrics.ts'

const MIB = 1024 * 1024
const SAMPLE_MS = 100

/** Anonymous resident memory of this process in MiB (proc_pid_status(5)): pages of files are the system's to give back. */
function anonymousMib(): number {
  const status = readFileSync('/proc/self/status', 'utf8')
  return Math.round((Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1024) / MIB)
}

const [what = '', folder = '', server = ''] = process.argv.slice(2)
const { url, token, stream } = z
  .object({ url: z.string(), token: z.string(), stream: z.string() })
  .parse(JSON.parse(server))
const telemetry = {
  logger: createLogger({ level: 'warn', format: 'json' }),
  metrics: createMetrics(),
  clock: systemClock,
}
const provider = createOpenCtiProvider({
  id: 'opencti',
  config: openCtiConfig.parse({
    type: 'opencti',
    mode: 'mirror',
    url,
    token,
    timeout: '2m',
    mirror: { stream },
  }),
  telemetry,
  store: createMemoryStore({ clock: systemClock, maxEntries: 1000 }),
  stateDir: folder,
  once: true,
})
const mirror = createMirror({ bodies: await openLmdbBodies(folder), telemetry, providerIds: ['opencti'] })
const abort = new AbortController()

let peak = anonymousMib()
const sampling = setInterval(() => {
  peak = Math.max(peak, anonymousMib())
}, SAMPLE_MS)
const started = performance.now()
const used = process.cpuUsage()
for await (const change of provider.changes?.(abort.signal) ?? []) {
  if (change.kind === 'ready') break
  await mirror.apply('opencti', change, abort.signal)
}
const seconds = (performance.now() - started) / 1000
const cpu = process.cpuUsage(used)
clearInterval(sampling)
peak = Math.max(peak, anonymousMib())
const snapshot = Math.round(statSync(join(folder, 'intel-opencti.lmdb')).size / MIB)
const facts = [
  `${mirror.size} values in ${seconds.toFixed(1)} s`,
  `${((cpu.user + cpu.system) / 1e6).toFixed(1)} s of processor time`,
  `peak ${peak} MiB`,
  `snapshot ${snapshot} MiB`,
]
process.stdout.write(`${what.padEnd(8)} ${facts.join(', ')}\n`)
abort.abort()
await provider.close()
await mirror.close()
