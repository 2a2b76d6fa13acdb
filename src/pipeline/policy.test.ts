import { describe, expect, it } from 'vitest'
import { indicatorOf } from '../../test/support/index.ts'
import type { Observable } from '../core/observable.ts'
import { policyConfig } from './config.ts'
import { createPolicy } from './policy.ts'

const NOW = Date.UTC(2026, 2, 9)
const DAY = 86_400_000
const policyOf = (settings: object) => createPolicy(policyConfig.parse(settings))
const seen = (type: Observable['type'], value: string): Observable => ({ type, value, where: ['data.x'] })

const about = (part: object) => indicatorOf({ type: 'ipv4', value: '9.9.9.9', ...part })

describe('indicators', () => {
  it.each<[string, object, object, string | undefined]>([
    ['states nothing', {}, { minScore: 50, minConfidence: 50 }, undefined],
    ['ended a moment ago', { validUntil: NOW }, {}, 'expired'],
    ['still valid', { validUntil: NOW + 1 }, {}, undefined],
    ['not yet valid', { validFrom: NOW + DAY }, {}, 'not-yet-valid'],
    ['valid from now', { validFrom: NOW }, {}, undefined],
    ['revoked, even when valid', { revoked: true, validUntil: NOW + DAY }, {}, 'revoked'],
    ['not for detection', { detection: false }, {}, 'no-detection'],
    ['not for detection, asked for', { detection: false }, { requireDetection: false }, undefined],
    ['low score', { score: 49 }, { minScore: 50 }, 'score'],
    ['enough score', { score: 50 }, { minScore: 50 }, undefined],
    ['low confidence', { confidence: 10 }, { minConfidence: 11 }, 'confidence'],
  ])('%s', (_, part, settings, expected) =>
    expect(policyOf(settings).holdsIndicator(about(part), NOW)).toBe(expected),
  )

  it('flags expired and revoked ones only when told to', () => {
    expect(policyOf({}).flags('expired')).toBe(false)
    expect(policyOf({ expired: 'flag' }).flags('expired')).toBe(true)
    expect(policyOf({ expired: 'flag' }).flags('revoked')).toBe(false)
    expect(policyOf({ revoked: 'flag' }).flags('revoked')).toBe(true)
  })
})

describe('observables', () => {
  const policy = policyOf({
    allow: {
      values: [
        '9.9.9.9',
        'HTTPS://good.example.com/A',
        'd7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592',
        'me@example.org',
      ],
      networks: ['8.8.0.0/16', '2606:4700::/32', '1.1.1.1'],
      domains: ['corp.com', '*.cdn.net', 'local.'],
    },
  })
  it.each<[Observable['type'], string, string | undefined]>([
    ['ipv4', '9.9.9.9', 'allow-list'],
    ['ipv4', '8.8.4.4', 'allow-list'],
    ['ipv4', '8.9.4.4', undefined],
    ['ipv4', '1.1.1.1', 'allow-list'],
    ['ipv4', '1.1.1.2', undefined],
    ['ipv6', '2606:4700::1', 'allow-list'],
    ['ipv6', '2606:4701::1', undefined],
    ['domain', 'corp.com', 'allow-list'],
    ['domain', 'a.b.corp.com', 'allow-list'],
    ['domain', 'notcorp.com', undefined],
    ['domain', 'x.cdn.net', 'allow-list'],
    ['email', 'boss@mail.corp.com', 'allow-list'],
    ['email', 'me@example.org', 'allow-list'],
    ['email', 'you@example.org', undefined],
    ['url', 'https://www.corp.com/login', 'allow-list'],
    ['url', 'https://good.example.com/A', 'allow-list'],
    ['url', 'https://good.example.com/a', undefined],
    ['url', 'http://8.8.4.4:8080/x', 'allow-list'],
    ['url', 'http://[2606:4700::1]/x', 'allow-list'],
    ['url', 'http://corp.com.evil.com/', undefined],
    ['sha256', 'd7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592', 'allow-list'],
    ['md5', 'd41d8cd98f00b204e9800998ecf8427e', 'empty-file'],
  ])('%s %s: %s', (type, value, expected) => expect(policy.holdsObservable(seen(type, value))).toBe(expected))

  it('names allow-list entries that mean nothing', () => {
    const { invalid } = policyOf({
      allow: { values: ['nonsense'], networks: ['10.0.0.0/33'], domains: ['a b'] },
    })
    expect(invalid.toSorted()).toEqual(['10.0.0.0/33', 'a b', 'nonsense'])
  })

  it('never looks special-use addresses up, unless told to', () => {
    const address: Observable = { ...seen('ipv4', '192.0.2.1'), special: 'documentation' }
    expect(policyOf({}).exclusion(address)).toBe('documentation')
    expect(policyOf({ lookUpSpecial: ['documentation'] }).exclusion(address)).toBeUndefined()
    expect(policyOf({ lookUpSpecial: ['documentation'] }).exclusion({ ...address, special: 'private' })).toBe(
      'private',
    )
  })
})
