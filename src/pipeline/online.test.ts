import { describe, expect, it } from 'vitest'
import { alertWith } from '../../test/support/alerts.ts'
import { noPatterns } from '../../test/support/patterns.ts'
import { manualClock } from '../../test/support/clock.ts'
import { indicatorOf } from '../../test/support/index.ts'
import { scriptedProvider, type ScriptedProvider } from '../../test/support/scripted-provider.ts'
import type { MatchedIndicator, MatchKind } from '../core/match.ts'
import { observableKey, type Observable } from '../core/observable.ts'
import type { Verdict } from '../core/verdict.ts'
import type { Analysis, Judged } from './analyse.ts'
import { policyConfig } from './config.ts'
import { createAskOnline, type OnlineProvider } from './online.ts'
import type { AlertPatterns } from './patterns.ts'
import { createPolicy } from './policy.ts'

const never = new AbortController().signal

function judgedOf(value: string, part: Partial<Judged> = {}): Judged {
  return {
    observable: { type: 'ipv4', value, where: ['data.ip'] },
    indicators: [],
    suppressedBy: [],
    ...part,
  }
}

function analysisOf(...judged: readonly Judged[]): Analysis {
  return { alert: alertWith({}), judged, overflow: 0 }
}

function observed(type: Observable['type'], value: string): Judged {
  return judgedOf(value, { observable: { type, value, where: ['data'] } })
}

function domainFound(value: string, tags: readonly string[], kind: MatchKind): MatchedIndicator {
  return { indicator: indicatorOf({ type: 'domain', value, provider: 'misp', tags }), kind }
}

function withPattern(pattern: string): MatchedIndicator {
  return {
    indicator: indicatorOf({ type: 'ipv4', value: '9.9.9.9', ref: pattern, pattern }),
    kind: 'pattern',
  }
}

function setUp(...providers: readonly ScriptedProvider[]) {
  return setUpWith(noPatterns, providers)
}

function setUpWith(patterns: AlertPatterns, providers: readonly OnlineProvider[]) {
  const clock = manualClock()
  const policy = createPolicy(policyConfig.parse({ tags: { exclude: ['no'] } }))
  return {
    clock,
    ask: createAskOnline({ providers, policy, patterns, patienceMs: 2000, clock }),
  }
}

describe('asking online', () => {
  it('adds what providers know and asks for each value once', async () => {
    const provider = scriptedProvider(['9.9.9.9'])
    const { ask } = setUp(provider)
    const { analyses, unanswered } = await ask(
      [analysisOf(judgedOf('9.9.9.9'), judgedOf('8.8.4.4')), analysisOf(judgedOf('9.9.9.9'))],
      never,
    )
    expect(provider.asked.toSorted()).toEqual(['8.8.4.4', '9.9.9.9'])
    expect(
      analyses.map(({ judged }) => judged.map(({ indicators, via }) => [indicators.length, via])),
    ).toEqual([
      [
        [1, 'online'],
        [0, undefined],
      ],
      [[1, 'online']],
    ])
    expect(unanswered.size).toBe(0)
  })

  it('takes indicators with a pattern only where it holds for the alert', async () => {
    const verdict: Verdict = { kind: 'hit', indicators: [withPattern('yes'), withPattern('no')] }
    const provider = Object.assign(scriptedProvider([]), {
      lookup: (asked: readonly Observable[]) =>
        Promise.resolve(new Map(asked.map((each) => [observableKey(each), verdict]))),
    })
    const analysis = analysisOf(judgedOf('9.9.9.9'), judgedOf('8.8.4.4', { excluded: 'allow-list' }))
    const asked: unknown[] = []
    const found = await setUpWith(
      (alert, observables) => {
        asked.push(
          alert,
          observables?.map(({ value }) => value),
        )
        return (pattern) => pattern === 'yes'
      },
      [provider],
    ).ask([analysis], never)
    expect(asked).toEqual([analysis.alert, ['9.9.9.9', '8.8.4.4']])
    expect(found.analyses[0]?.judged[0]).toMatchObject({
      indicators: [{ kind: 'pattern', indicator: { ref: 'yes' } }],
    })
    const none = await setUpWith(noPatterns, [provider]).ask([analysis], never)
    expect(none.analyses[0]?.judged[0]).toEqual(analysis.judged[0])
    expect(none.unanswered.size).toBe(0)
  })

  it('never asks for what is excluded or only the host of a URL', async () => {
    const provider = scriptedProvider([])
    const derived: Observable = { type: 'domain', value: 'a.example.net', where: ['data.url'], derived: true }
    await setUp(provider).ask(
      [analysisOf(judgedOf('10.0.0.1', { excluded: 'private' }), judgedOf('', { observable: derived }))],
      never,
    )
    expect(provider.asked).toEqual([])
  })

  it('asks a provider only for what it wants to be asked for', async () => {
    const provider = scriptedProvider([], { asks: (_observable, known) => !known })
    const indicator = indicatorOf({ type: 'ipv4', value: '9.9.9.9', provider: 'misp' })
    await setUp(provider).ask(
      [analysisOf(judgedOf('9.9.9.9', { indicators: [{ indicator, kind: 'exact' }] }), judgedOf('8.8.4.4'))],
      never,
    )
    expect(provider.asked).toEqual(['8.8.4.4'])
  })

  it('keeps what the mirror knows and adds no statement twice', async () => {
    const provider = scriptedProvider(['9.9.9.9'])
    const same = indicatorOf({ type: 'ipv4', value: '9.9.9.9', provider: 'misp', ref: 'attribute 9.9.9.9' })
    const other = indicatorOf({ type: 'ipv4', value: '9.9.9.9', provider: 'feeds' })
    const indicators = [same, other].map((indicator) => ({ indicator, kind: 'exact' as const }))
    const { analyses } = await setUp(provider).ask([analysisOf(judgedOf('9.9.9.9', { indicators }))], never)
    expect(analyses[0]?.judged[0]?.indicators.map(({ indicator }) => indicator)).toEqual([same, other])
  })

  it('names alerts that could not be asked, with these observables alone', async () => {
    const [up, down] = [scriptedProvider(['9.9.9.9'], { id: 'up' }), scriptedProvider([], { id: 'down' })]
    down.mode = 'down'
    const analysis = analysisOf(judgedOf('9.9.9.9'), judgedOf('10.0.0.1', { excluded: 'private' }))
    const { analyses, unanswered } = await setUp(up, down).ask([analysis, analysisOf()], never)
    expect(analyses[0]?.judged[0]?.indicators).toHaveLength(1)
    expect([...unanswered.keys()]).toEqual(['down'])
    expect(unanswered.get('down')).toEqual([
      {
        alert: analysis.alert,
        questions: [{ observable: judgedOf('9.9.9.9').observable, hostNamed: false }],
      },
    ])
  })

  it('asks again for a part that could not be asked, unless what is known of the rest counts', async () => {
    const verdicts: Record<string, Verdict> = {
      'http://named.example.com/': {
        kind: 'hit',
        partial: true,
        indicators: [domainFound('named.example.com', [], 'url-host')],
      },
      'held.example.com': {
        kind: 'hit',
        partial: true,
        indicators: [domainFound('held.example.com', ['no'], 'exact')],
      },
      'counts.example.com': {
        kind: 'hit',
        partial: true,
        indicators: [domainFound('counts.example.com', [], 'exact')],
      },
      'whole.example.com': { kind: 'hit', indicators: [domainFound('whole.example.com', ['no'], 'exact')] },
    }
    const provider: ScriptedProvider = {
      ...scriptedProvider([]),
      lookup: async (asked) =>
        new Map(asked.map((each) => [observableKey(each), verdicts[each.value] ?? { kind: 'miss' }])),
    }
    const { unanswered } = await setUp(provider).ask(
      [
        analysisOf(observed('url', 'http://named.example.com/'), observed('domain', 'named.example.com')),
        analysisOf(observed('domain', 'held.example.com')),
        analysisOf(observed('domain', 'counts.example.com')),
        analysisOf(observed('domain', 'whole.example.com')),
      ],
      never,
    )
    const open = unanswered.get('misp')?.flatMap(({ questions }) => questions)
    expect(open?.map(({ observable }) => observable.value)).toEqual([
      'http://named.example.com/',
      'held.example.com',
    ])
  })

  it('waits no longer than its patience, and uses what was answered by then', async () => {
    const [quick, slow] = [
      scriptedProvider(['9.9.9.9'], { id: 'quick' }),
      scriptedProvider([], { id: 'slow' }),
    ]
    slow.mode = 'silent'
    const { ask, clock } = setUp(quick, slow)
    const asked = ask([analysisOf(judgedOf('9.9.9.9'))], never)
    await clock.advance(1999)
    await clock.advance(1)
    const { analyses, unanswered } = await asked
    expect(analyses[0]?.judged[0]?.indicators).toHaveLength(1)
    expect([...unanswered.keys()]).toEqual(['slow'])
  })

  it('reports what the mirror knows of an alert whose answers cannot be judged, and the others in full', async () => {
    const provider = scriptedProvider(['9.9.9.9', '8.8.4.4'])
    const { lookup } = provider
    const broken: ScriptedProvider = {
      ...provider,
      lookup: async (observables, signal) => {
        const answers = new Map(await lookup(observables, signal))
        // An indicator that no provider of ours gives: what reads it throws.
        for (const [key, verdict] of answers)
          if (key === 'ipv4:9.9.9.9' && verdict.kind === 'hit')
            answers.set(key, { kind: 'hit', indicators: [{ kind: 'exact' } as MatchedIndicator] })
        return answers
      },
    }
    const { ask } = setUp(broken)
    const { analyses, failed } = await ask(
      [analysisOf(judgedOf('9.9.9.9')), analysisOf(judgedOf('8.8.4.4'))],
      never,
    )
    expect(failed).toHaveLength(1)
    expect(analyses.map(({ judged }) => judged[0]?.indicators.length)).toEqual([0, 1])
  })
})
