/** Child of `opencti-mirror.ts`: fills a mirror from the fake OpenCTI or from its snapshot and prints time and memory. */
import { join } from 'node:path'
import { z } from 'zod'
import { systemClock } from '../src/core/clock.ts'
import { openLmdbBodies } from '../src/intel/mirror/lmdb-bodies.ts'
import { createMirror } from '../src/intel/mirror/mirror.ts'
import { openCtiConfig } from '../src/intel/opencti/config.ts'
import { createOpenCtiProvider } from '../src/intel/opencti/opencti.ts'
import { createMemoryStore } from '../src/store/memory/memory.ts'
import { createLogger } from '../src/telemetry/logger.ts'
import { createMetrics } from '../src/telemetry/registry.ts'
import { measureFilling } from './mirror-filling.ts'

const [what = '', folder = '', server = ''] = process.argv.slice(2)
const { url, token, stream } = z
  .object({ url: z.string(), token: z.string(), stream: z.string() })
  .parse(JSON.parse(server))
const telemetry = {
  logger: createLogger({ level: 'warn' }),
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

if (provider.changes === undefined) throw new Error('It has no mirror')
await measureFilling({
  what,
  provider: 'opencti',
  changes: provider.changes(abort.signal),
  mirror,
  snapshot: join(folder, 'intel-opencti.lmdb'),
})
abort.abort()
await provider.close()
await mirror.close()
