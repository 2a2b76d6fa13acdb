import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { startFakeOpenCti } from './fake-opencti.ts'

/**
 * The fake OpenCTI in a process of its own, to play with and for benchmarks. Prints one line of JSON when it listens and ends on
 * SIGTERM or SIGINT. Its indicators have the values `seedValue(seed, n)`.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    latency: { type: 'string', default: '0' },
    indicators: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    version: { type: 'string', default: '6.7.11' },
  },
})

/** What Tripline's documentation tells an administrator to stream. */
const STIX_INDICATORS = JSON.stringify({
  mode: 'and',
  filters: [
    { key: ['entity_type'], operator: 'eq', mode: 'or', values: ['Indicator'] },
    { key: ['pattern_type'], operator: 'eq', mode: 'or', values: ['stix'] },
    { key: ['revoked'], operator: 'eq', mode: 'or', values: ['false'] },
  ],
  filterGroups: [],
})

const opencti = await startFakeOpenCti({
  port: Number(values.port),
  latencyMs: Number(values.latency),
  version: values.version,
  recordRequests: false,
})
if (Number(values.indicators) > 0)
  opencti.seedIndicators(Number(values.indicators), { seed: Number(values.seed) })
const stream = opencti.addStreamCollection({ filters: STIX_INDICATORS })
process.stdout.write(`${JSON.stringify({ url: opencti.url, token: opencti.token, stream })}\n`)
await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
await opencti.close()
