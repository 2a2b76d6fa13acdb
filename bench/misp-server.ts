/**
 * Child of `misp-rate.ts`: the fake MISP, which knows every planted address. Takes `down`, `up` and `count` as messages;
 * answers each with the number of requests so far.
 */
import { startFakeMisp } from '../test/support/fake-misp/fake-misp.ts'
import { MAX_PLANTED, plantedAddress } from './misp-alerts.ts'

const [latencyMs = '70'] = process.argv.slice(2)

const misp = await startFakeMisp({
  latencyMs: Number(latencyMs),
  events: [
    {
      info: 'Planted addresses',
      attributes: { count: MAX_PLANTED, at: (index) => ({ type: 'ip-dst', value: plantedAddress(index) }) },
    },
  ],
})
let requests = 0

async function act(command: unknown): Promise<void> {
  if (command === 'down') await misp.stop()
  if (command === 'up') await misp.start()
  requests += misp.requests.length
  misp.clearRequests()
  process.send?.({ url: misp.url, key: misp.keys.user, requests })
}

process.on('message', (command) => void act(command))
process.on('disconnect', () => process.exit())
await act('ready')
