import { expect, it } from 'vitest'
import type { Indicator } from '../core/indicator.ts'
import type { OpenCtiIndicator } from '../core/opencti.ts'
import { policyConfig } from './config.ts'
import { createPolicy } from './policy.ts'

const NOW = Date.UTC(2026, 5, 1)
const ENDED = Date.UTC(2026, 4, 1)

function indicatorOf(own: Partial<OpenCtiIndicator>, more: Partial<Indicator>): Indicator {
  return {
    type: 'ipv4',
    value: '203.0.113.66',
    provider: 'opencti',
    source: 'OpenCTI',
    ref: 'indicator--1',
    sourceType: 'indicator',
    tags: [],
    context: { platform: 'opencti', found: 'pattern', indicator: { id: '1', ...own } },
    ...more,
  }
}

function heldBy(own: Partial<OpenCtiIndicator>, more: Partial<Indicator>, settings: object = {}) {
  const policy = createPolicy(policyConfig.parse(settings))
  const observable = { type: 'ipv4', value: '203.0.113.66', where: ['data.srcip'] } as const
  return policy.judge(observable, { indicator: indicatorOf(own, more), kind: 'exact' }, NOW).heldBy
}

it.each([
  ['whose time was over when it was changed last', '2026-05-01T00:05:00.000Z', 'expired'],
  ['that was changed last when it was still valid', '2026-04-20T00:00:00.000Z', 'revoked'],
  ['that does not say when it was changed', undefined, 'revoked'],
])('tells of a revoked indicator %s that it is %s → %s', (_, updated, reason) => {
  const own = updated === undefined ? {} : { updated_at: updated }
  expect(heldBy(own, { revoked: true, validUntil: ENDED })).toBe(reason)
})

it('reports what was revoked by time where expired ones are flagged, and holds what a person revoked', () => {
  const settings = { expired: 'flag' }
  const policy = createPolicy(policyConfig.parse(settings))
  expect(policy.flags('expired')).toBe(true)
  const validUntil = NOW + 1000
  expect(heldBy({ updated_at: '2026-04-20T00:00:00.000Z' }, { revoked: true, validUntil }, settings)).toBe(
    'revoked',
  )
})

it('holds what is not for detection only where it is asked to', () => {
  expect(heldBy({}, { detection: false })).toBeUndefined()
  expect(heldBy({}, { detection: false }, { opencti: { requireDetection: true } })).toBe('no-detection')
  expect(heldBy({}, { detection: true }, { opencti: { requireDetection: true } })).toBeUndefined()
})

it.each([
  ['StixFile', 'main-type'],
  ['ipv4-addr', undefined],
  ['Unknown', undefined],
  [undefined, undefined],
])('holds main type %s, where others are asked for: %s', (type, reason) => {
  const own = type === undefined ? {} : { x_opencti_main_observable_type: type }
  expect(heldBy(own, {}, { opencti: { mainTypes: ['IPv4-Addr', 'Domain-Name'] } })).toBe(reason)
})
