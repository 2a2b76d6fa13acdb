import { describe, expect, it } from 'vitest'
import type { Sighting } from '../../../core/ports.ts'
import { mispConfig } from '../config.ts'
import { sightingEntry } from './entry.ts'

const HOUR_MS = 3_600_000
const config = mispConfig.parse({ type: 'misp', url: 'https://misp.example', apiKey: 'k' }).sightings
const seen: Sighting = {
  ref: '11111111-1111-4111-8111-111111111111',
  event: '7',
  value: '198.51.100.7',
  agent: { id: '001', name: 'web-1' },
  manager: 'wazuh',
  seenAt: 100 * HOUR_MS,
  alert: 'a1',
  times: 1,
}
const uuidOf = (change: Partial<Sighting>, provider = 'misp'): string | undefined =>
  sightingEntry({ ...seen, ...change }, provider, config)?.uuid

describe('the UUID of a sighting', () => {
  it('is the same within one interval, whatever else the alert says', () => {
    expect(uuidOf({ seenAt: seen.seenAt + HOUR_MS - 1 })).toBe(uuidOf({}))
    expect(uuidOf({ agent: { id: '001', name: 'renamed' }, value: 'other.example' })).toBe(uuidOf({}))
  })

  it.each<[string, Partial<Sighting>]>([
    ['the interval', { seenAt: seen.seenAt + HOUR_MS }],
    ['the agent', { agent: { id: '002', name: 'web-1' } }],
    ['the manager', { manager: 'wazuh-2' }],
    ['the attribute', { ref: '22222222-2222-4222-8222-222222222222' }],
    ['what a text put together would confuse', { manager: 'wazuh","001', agent: { id: '', name: '' } }],
  ])('differs with %s', (_what, change) => {
    expect(uuidOf(change)).not.toBe(uuidOf({}))
  })

  it('differs with the provider', () => {
    expect(uuidOf({}, 'second')).not.toBe(uuidOf({}))
  })
})

const sourceOf = (name: string): string | undefined =>
  sightingEntry({ ...seen, agent: { id: '001', name } }, 'misp', config)?.source

describe('the source of a sighting', () => {
  it.each([
    ['web-1', 'tripline/web-1'],
    ['', 'tripline/001'],
    ['a\u0000b\nc\u009fd', 'tripline/abcd'],
    ['sensör', 'tripline/sensör'],
  ])('of an agent %j is %j', (name, source) => {
    expect(sourceOf(name)).toBe(source)
  })

  it('fits the column of MISP, and cuts no pair in half', () => {
    expect(sourceOf('x'.repeat(300))).toHaveLength(255)
    expect(sourceOf(`${'x'.repeat(245)}💥`)).toBe(`tripline/${'x'.repeat(245)}`)
  })
})

it('is not made of an indicator without an event', () => {
  const { event: _event, ...eventless } = seen
  expect(sightingEntry(eventless, 'misp', config)).toBeUndefined()
})
