import { expect, it } from 'vitest'
import { recordedTelemetry } from '../../../../test/support/telemetry.ts'
import type { Observable } from '../../../core/observable.ts'
import type { LookupFound } from '../api.ts'
import { indicatorNode, observableNode } from '../client/schema.ts'
import { createAsk } from './ask.ts'

const signal = new AbortController().signal
const ADDRESS: Observable = { type: 'ipv4', value: '198.51.100.7', where: ['data.srcip'] }
const INDICATOR = indicatorNode.parse({ id: 'i', pattern: `[ipv4-addr:value = '198.51.100.7']` })
const OBSERVABLE = observableNode.parse({ id: 'o', entity_type: 'IPv4-Addr', value: '198.51.100.7' })
const KNOWN: LookupFound = { observables: [OBSERVABLE], indicators: [INDICATOR], malformed: 0 }

function asking(details: LookupFound) {
  const ask = createAsk({
    client: {
      requireVersion: () => Promise.resolve(),
      lookUp: () => Promise.resolve(KNOWN),
      details: () => Promise.resolve(details),
    },
    provider: 'opencti',
    webUrl: 'https://opencti.example',
    config: { related: true },
    telemetry: recordedTelemetry(),
  })
  return ask([ADDRESS], signal)
}

it('is answered when all that is known has its details', async () => {
  const answer = await asking(KNOWN)
  expect([...answer.values()].map(({ kind }) => kind)).toEqual(['hit'])
})

it.each<[string, Partial<LookupFound>]>([
  ['an indicator', { indicators: [] }],
  ['an observable', { observables: [] }],
  ['one that is malformed', { indicators: [], malformed: 1 }],
])('rejects, lest a known value be taken for a miss, when the details lack %s', async (_, lacking) => {
  await expect(asking({ ...KNOWN, ...lacking })).rejects.toMatchObject({
    code: 'PROVIDER_MALFORMED',
    message: 'The answer of OpenCTI lacks objects it named a moment ago',
  })
})
