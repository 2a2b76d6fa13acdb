import { describe, expect, it } from 'vitest'
import { indicatorOf } from '../../test/support/index.ts'
import type { Observable } from '../core/observable.ts'
import { policyConfig } from './config.ts'
import { createPolicy, type Policy } from './policy.ts'
import type { WarningHit } from './warnings.ts'

const NOW = Date.UTC(2026, 2, 9)
const DAY = 86_400_000
const policyOf = (settings: object) => createPolicy(policyConfig.parse(settings))
const seen = (type: Observable['type'], value: string): Observable => ({ type, value, where: ['data.x'] })

const about = (part: object) => indicatorOf({ type: 'ipv4', value: '9.9.9.9', ...part })
const judged = (policy: Policy, part: object) =>
  policy.judge(seen('ipv4', '9.9.9.9'), { indicator: about(part), kind: 'exact' }, NOW)

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
    ['excluded tag', { tags: ['a', 'TLP:EX:CHR'] }, { tags: { exclude: ['tlp:ex:*'] } }, 'tag'],
    ['no excluded tag', { tags: ['tlp:green'] }, { tags: { exclude: ['tlp:ex:*'] } }, undefined],
    ['required tag', { tags: ['OSINT'] }, { tags: { require: ['osint', 'own:*'] } }, undefined],
    ['no required tag', { tags: ['x'] }, { tags: { require: ['osint', 'own:*'] } }, 'tag'],
    ['no tags where one is required', {}, { tags: { require: ['*'] } }, 'tag'],
    ['both', { tags: ['osint', 'test'] }, { tags: { require: ['osint'], exclude: ['test'] } }, 'tag'],
    ['stricter TLP', { tlp: 'amber+strict' }, { maxTlp: 'amber' }, 'tlp'],
    ['TLP of the setting', { tlp: 'amber' }, { maxTlp: 'amber' }, undefined],
    ['no TLP', {}, { maxTlp: 'clear' }, undefined],
    ['TLP red by default', { tlp: 'red' }, {}, undefined],
  ])('%s', (_, part, settings, expected) => expect(judged(policyOf(settings), part).heldBy).toBe(expected))

  it.each<[string, ...levels: ('low' | 'medium' | 'high' | 'cannot-be-judged')[]]>([
    ['off'],
    ['high', 'high'],
    ['cannot-be-judged', 'high', 'cannot-be-judged'],
    ['medium', 'high', 'cannot-be-judged', 'medium'],
    ['low', 'high', 'cannot-be-judged', 'medium', 'low'],
  ])('false-positive risk, set to %s, holds back %s', (falsePositiveRisk, ...expected) => {
    const policy = policyOf({ falsePositiveRisk })
    const held = ['high', 'cannot-be-judged', 'medium', 'low'].filter(
      (level) =>
        judged(policy, { tags: [`False-Positive:risk="${level}"`] }).heldBy === 'false-positive-risk',
    )
    expect(held).toEqual(expected)
  })

  it('holds a confirmed false positive back', () => {
    const tags = ['false-positive:confirmed="true"']
    expect(judged(policyOf({}), { tags }).heldBy).toBe('false-positive-risk')
    expect(judged(policyOf({ falsePositiveRisk: 'off' }), { tags }).heldBy).toBeUndefined()
    expect(judged(policyOf({}), { tags: ['false-positive:confirmed="false"'] }).heldBy).toBeUndefined()
  })

  it('says more where the reason alone does not tell', () => {
    const policy = policyOf({ tags: { exclude: ['b*'] }, maxTlp: 'green' })
    const detail = (part: object) => policy.detail(judged(policy, part))
    expect(detail({ tags: ['a', 'bad'] })).toBe('bad')
    expect(detail({ tlp: 'red' })).toBe('red')
    expect(detail({ tags: ['false-positive:risk="high"'] })).toBe('false-positive:risk="high"')
    expect(detail({ revoked: true })).toBeUndefined()
    const wanting = policyOf({ tags: { require: ['x'] } })
    expect(wanting.detail(judged(wanting, {}))).toContain('policy.tags.require')
  })

  it('does not report what is only marked for one reason and held back for another', () => {
    const policy = policyOf({ expired: 'flag' })
    expect(judged(policy, { validUntil: NOW, detection: false }).heldBy).toBe('no-detection')
    expect(judged(policy, { validUntil: NOW, detection: false }).flagged).toBeUndefined()
    expect(judged(policy, { validUntil: NOW })).toMatchObject({ heldBy: 'expired', flagged: true })
  })

  it('judges anew what was judged before', () => {
    const before = { indicator: about({}), kind: 'exact', heldBy: 'score', warnings: ['old'] } as const
    expect(policyOf({}).judge(seen('ipv4', '9.9.9.9'), before, NOW)).toEqual({
      indicator: about({}),
      kind: 'exact',
    })
  })

  it('R44: flags expired and revoked ones only when told to', () => {
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

type Part = Parameters<typeof indicatorOf>[0]

describe('warning-lists', () => {
  const LISTED: Readonly<Record<string, readonly WarningHit[]>> = {
    '9.9.9.9': [{ list: 'resolvers', action: 'suppress' }],
    'cdn.example.com': [{ list: 'CDN', action: 'annotate' }],
    'https://cdn.example.com/x': [{ list: 'hosts', action: 'annotate' }],
    'top.example.com': [
      { list: 'CDN', action: 'annotate' },
      { list: 'top', action: 'suppress' },
    ],
  }
  const policy = createPolicy(policyConfig.parse({}), {
    warningLists: { check: ({ value }) => LISTED[value] ?? [] },
  })
  const judgedAs = (observable: Observable, part: Part) => {
    const { heldBy, warnings } = policy.judge(
      observable,
      { indicator: indicatorOf(part), kind: 'exact' },
      NOW,
    )
    return [heldBy, warnings]
  }

  type Expected = readonly [heldBy: string | undefined, warnings: readonly string[] | undefined]
  it.each<[string, Observable, Part, Expected]>([
    ['nothing', seen('ipv4', '1.1.1.1'), { type: 'ipv4', value: '1.1.1.1' }, [undefined, undefined]],
    [
      'the value',
      seen('ipv4', '9.9.9.9'),
      { type: 'ipv4', value: '9.9.9.9' },
      ['warning-list', ['resolvers']],
    ],
    [
      'what was seen, not the network of the indicator',
      seen('ipv4', '9.9.9.9'),
      { type: 'ipv4', value: '9.9.0.0/16' },
      ['warning-list', ['resolvers']],
    ],
    [
      'what was seen and the indicator',
      seen('url', 'https://cdn.example.com/x'),
      { type: 'domain', value: 'cdn.example.com' },
      [undefined, ['hosts', 'CDN']],
    ],
    [
      'the parent domain of the indicator',
      seen('domain', 'a.top.example.com'),
      { type: 'domain', value: 'top.example.com' },
      ['warning-list', ['CDN', 'top']],
    ],
    [
      'the other half of a composite',
      seen('domain', 'evil.example.com'),
      { type: 'domain', value: 'evil.example.com', composite: 'evil.example.com|9.9.9.9' },
      [undefined, ['resolvers']],
    ],
    [
      'nothing, a port',
      seen('ipv4', '1.1.1.1'),
      { type: 'ipv4', value: '1.1.1.1', composite: '1.1.1.1|443' },
      [undefined, undefined],
    ],
  ])('listed: %s', (_, observable, part, expected) => {
    expect(judgedAs(observable, part)).toEqual(expected)
  })

  it('tells the lists of what is held back for another reason', () => {
    const entry = { indicator: about({ revoked: true }), kind: 'exact' } as const
    expect(policy.judge(seen('ipv4', '9.9.9.9'), entry, NOW)).toMatchObject({
      heldBy: 'revoked',
      warnings: ['resolvers'],
    })
  })

  it('names in the detail the lists that hold back, not those that only annotate', () => {
    const entry = {
      indicator: indicatorOf({ type: 'domain', value: 'top.example.com' }),
      kind: 'exact',
    } as const
    const found = policy.judge(seen('domain', 'top.example.com'), entry, NOW)
    expect(found.warnings).toEqual(['CDN', 'top'])
    expect(policy.detail(found)).toBe('top')
  })
})
