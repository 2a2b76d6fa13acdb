import { describe, expect, it } from 'vitest'
import { everything, sampleAlert, sampleIndicator, sampleMatch } from '../../test/support/sink-samples.ts'
import type { Observable } from '../core/observable.ts'
import { formatMatchText } from './format-text.ts'

describe('formatMatchText', () => {
  it('says when, how, what, where and who says so', () => {
    const indicators = [{ indicator: everything, kind: 'cidr' }] as const
    const match = sampleMatch({ kind: 'cidr', indicators, repeats: 2, suppressedBy: ['expired'] })
    expect(formatMatchText(match)).toBe(
      '2026-03-09T08:00:01.000Z cidr ipv4 203.0.113.66 agent=007 name=web-07 rule=5710 level=5 ' +
        'description="sshd: attempt to login" provider=misp-main source="event 1201" indicator=203.0.113.0/24 ' +
        'title="Emotet C2" org="CERT Example" threat=high actors="TA542, Mealybug" score=85 repeats=2 held=expired',
    )
  })

  it('says that the answer came late, or is an old one', () => {
    const late = formatMatchText(sampleMatch({ stale: true, delayedSince: Date.UTC(2026, 2, 9, 7, 50) }))
    expect(late).toMatch(/source=botnet\.csv stale delayed-since=2026-03-09T07:50:00\.000Z$/)
    expect(formatMatchText(sampleMatch())).not.toMatch(/stale|delayed|actors|org=/)
  })

  it('names three actors at most', () => {
    const indicator = sampleIndicator({ threatActors: ['a', 'b', 'c', 'd'] })
    const line = formatMatchText(sampleMatch({ indicators: [{ indicator, kind: 'exact' }] }))
    expect(line).toContain('actors="a, b, c, …"')
  })

  it('tells of an indicator that counts, and on which warning-lists it stands', () => {
    const held = { indicator: sampleIndicator({ title: 'old' }), kind: 'exact', heldBy: 'expired' } as const
    const counts = { indicator: sampleIndicator({ title: 'new' }), kind: 'exact', warnings: ['CDN'] } as const
    const line = formatMatchText(sampleMatch({ indicators: [held, counts] }))
    expect(line).toContain('title="new" lists=CDN indicators=2')
  })

  it('lets nothing from outside leave its place', () => {
    const indicator = sampleIndicator({
      title: 'a" held=none\u001b]0;owned\u0007\nnext line',
      source: 'x score=99',
    })
    const line = formatMatchText(sampleMatch({ indicators: [{ indicator, kind: 'exact' }] }))
    expect(line).toContain('title="a\' held=none\\u001b]0;owned\\u0007\\u000anext line"')
    expect(line).toContain('source="x score=99"')
  })

  it('is bounded', () => {
    const long = '\u001b'.repeat(100_000)
    const indicator = { ...everything, value: long, title: long, source: long, provider: long }
    const alert = sampleAlert({
      agent: { id: long, name: long },
      ruleId: long,
      body: { rule: { description: long } },
    })
    const observable: Observable = { type: 'url', value: long, where: ['a'] }
    const line = formatMatchText(
      sampleMatch({ alert, observable, indicators: [{ indicator, kind: 'exact' }] }),
    )
    expect(line.length).toBeLessThan(8000)
  })
})
