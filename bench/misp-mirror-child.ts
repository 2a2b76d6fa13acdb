/** Child of `misp-mirror.ts`: fills a mirror from the fake MISP or from its snapshot and prints time and memory. */
import { join } from 'node:path'
import { z } from 'zod'
import { systemClock } from '../src/core/clock.ts'
import { openLmdbBodies } from '../src/intel/mirror/lmdb-bodies.ts'
import { createMirror } from '../src/intel/mirror/mirror.ts'
import { createMispClient } from '../src/intel/misp/client/client.ts'
import { mispConfig } from '../src/intel/misp/config.ts'
import { createMispMirror } from '../src/intel/misp/mirror/mirror-sync.ts'
import { createLogger } from '../src/telemetry/logger.ts'
import { createMetrics } from '../src/telemetry/registry.ts'
import { measureFilling } from './mirror-filling.ts'

const [what = '', folder = '', server = ''] = process.argv.slice(2)
const { url, key } = z.object({ url: z.string(), key: z.string() }).parse(JSON.parse(server))
const telemetry = {
  logger: createLogger({ level: 'warn' }),
  metrics: createMetrics(),
  clock: systemClock,
}
const config = mispConfig.parse({ type: 'misp', mode: 'mirror', url, apiKey: key })
const client = createMispClient({ config, provider: 'misp', telemetry })
const provider = createMispMirror({ id: 'misp', config, client, telemetry, stateDir: folder })
const mirror = createMirror({ bodies: await openLmdbBodies(folder), telemetry, providerIds: ['misp'] })
const abort = new AbortController()

await measureFilling({
  what,
  provider: 'misp',
  changes: provider.changes(abort.signal),
  mirror,
  snapshot: join(folder, 'intel-misp.lmdb'),
})
abort.abort()
await provider.close()
await mirror.close()
await client.close()
