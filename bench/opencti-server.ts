/**
 * Child of `spool.ts`: the fake OpenCTI, which knows every tenth of the addresses. Takes `count` as a message and answers with the
 * number of requests since the last time.
 */
import { startFakeOpenCti } from '../test/support/fake-opencti/fake-opencti.ts'
import { addressOf, isKnown } from './spool-alerts.ts'

const [latencyMs = '350', alerts = '1000'] = process.argv.slice(2)

const opencti = await startFakeOpenCti({ latencyMs: Number(latencyMs) })
for (let number = 0; number < Number(alerts); number += 1) {
  if (isKnown(number)) opencti.addIndicator({ pattern: `[ipv4-addr:value = '${addressOf(number)}']` })
}

function tell(): void {
  const requests = opencti.requests.filter(({ operationName }) => operationName !== undefined)
  process.send?.({
    url: opencti.url,
    token: opencti.token,
    lookups: requests.filter(({ operationName }) => operationName === 'Lookup').length,
    details: requests.filter(({ operationName }) => operationName === 'Details').length,
    requests: requests.length,
  })
  opencti.clearRequests()
}

process.on('message', tell)
process.on('disconnect', () => process.exit())
tell()
