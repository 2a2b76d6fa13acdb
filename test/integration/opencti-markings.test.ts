import { expect, it } from 'vitest'
import { createOpenCtiClient } from '../../src/intel/opencti/client/client.ts'
import { openCtiConfig } from '../../src/intel/opencti/config.ts'
import { createDictionary } from '../../src/intel/opencti/stream/dictionary.ts'
import { NO_ABORT } from '../support/lookup.ts'
import { cleanUp, fake } from '../support/opencti-provider.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

const CUSTOM = 'marking-definition--0b1e5f3c-0000-4000-8000-000000000001'

it('a load teaches what a marking of the platform means, which streamed changes only name', async () => {
  const opencti = await fake()
  opencti.addIndicator({
    name: 'a',
    pattern: `[ipv4-addr:value = '198.51.100.7']`,
    objectMarking: [{ definition: 'TLP:RED', definition_type: 'TLP', standard_id: CUSTOM }],
  })
  const { url, token } = opencti
  const client = createOpenCtiClient({
    config: openCtiConfig.parse({ type: 'opencti', url, token }),
    provider: 'opencti',
    telemetry: recordedTelemetry(),
  })
  cleanUp.push(() => client.close())
  const dictionary = createDictionary()
  const { indicators } = await client.indicators({ first: 10 }, NO_ABORT)
  for (const node of indicators) dictionary.learnNode(node)
  expect(dictionary.tlp(CUSTOM)).toBe('red')
})
