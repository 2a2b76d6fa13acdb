import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { bulkEvent } from './bulk.ts'
import { startFakeMisp } from './fake-misp.ts'

/**
 * The fake MISP in a process of its own, for benchmarks. Prints one line of JSON when it listens, with the key of a common
 * user, and ends on SIGTERM or SIGINT. The values it holds are those of `bulkAttribute(seed, n)`, n below events × attributes.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    latency: { type: 'string', default: '0' },
    events: { type: 'string', default: '0' },
    attributes: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
  },
})

const misp = await startFakeMisp({
  port: Number(values.port),
  latencyMs: Number(values.latency),
  recordRequests: false,
})
const bulk = {
  seed: Number(values.seed),
  attributesPerEvent: Number(values.attributes),
  now: misp.instance.now(),
}
misp.addBulk(Number(values.events), (index) => bulkEvent(index, bulk))
process.stdout.write(`${JSON.stringify({ url: misp.url, key: misp.keys.user })}\n`)
await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
await misp.close()
