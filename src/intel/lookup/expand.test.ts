import { describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import type { Indicator } from '../../core/indicator.ts'
import {
  observableKey,
  type Observable,
  type ObservableKey,
  type ObservableType,
} from '../../core/observable.ts'
import type { Verdict } from '../../core/verdict.ts'
import { expand } from './expand.ts'

const noAbort = new AbortController().signal
const miss: Verdict = { kind: 'miss' }
const down: Extract<Verdict, { kind: 'unanswered' }> = {
  kind: 'unanswered',
  error: new AppError('PROVIDER_UNREACHABLE', 'Down'),
}

function observable(type: ObservableType, value: string, more: Partial<Observable> = {}): Observable {
  return { type, value, where: ['data.field'], ...more }
}

function hit(type: ObservableType, value: string, more: Partial<Indicator> = {}): Verdict {
  const base = { provider: 'misp', source: 'misp', ref: `${type} ${value}`, sourceType: type, tags: [] }
  const indicator: Indicator = { type, value, ...base, ...more }
  const kind = indicator.composite === undefined ? 'exact' : 'composite'
  return { kind: 'hit', indicators: [{ indicator, kind }] }
}

/** A look-up that knows some answers and remembers what it was asked. */
function answering(answers: Readonly<Record<ObservableKey, Verdict>>, otherwise: Verdict = miss) {
  const calls: string[][] = []
  const lookup = expand((terms) => {
    calls.push(terms.map(observableKey))
    return Promise.resolve(
      new Map(terms.map((term) => [observableKey(term), answers[observableKey(term)] ?? otherwise])),
    )
  })
  const ask = async (...observables: Observable[]): Promise<readonly (Verdict | undefined)[]> => {
    const verdicts = await lookup(observables, noAbort)
    return observables.map((one) => verdicts.get(observableKey(one)))
  }
  return { calls, ask }
}

function told(verdict: Verdict | undefined): readonly string[] {
  if (verdict?.kind !== 'hit') return []
  return verdict.indicators.map(({ indicator, kind }) => `${kind} ${indicator.value}`)
}

describe('what is asked for', () => {
  it.each<[Observable, readonly string[]]>([
    [observable('ipv4', '198.51.100.7'), ['ipv4:198.51.100.7']],
    [observable('sha1', 'a'.repeat(39) + 'b'), [`sha1:${'a'.repeat(39)}b`]],
    [
      observable('domain', 'a.b.evil.co.uk'),
      ['domain:a.b.evil.co.uk', 'domain:b.evil.co.uk', 'domain:evil.co.uk'],
    ],
    [observable('domain', 'someone.github.io'), ['domain:someone.github.io']],
    [observable('email', 'bob@mail.evil.com'), ['email:bob@mail.evil.com', 'domain:mail.evil.com']],
    [observable('email', 'bob@mail.corp'), ['email:bob@mail.corp']],
    [
      observable('url', 'http://www.evil.com/a/b?c'),
      [
        'url:http://www.evil.com/a/b?c',
        'url:http://www.evil.com/a/b',
        'url:http://www.evil.com/a/',
        'url:http://www.evil.com/a',
        'url:http://www.evil.com/',
        'domain:www.evil.com',
        'domain:evil.com',
      ],
    ],
    [observable('url', 'http://9.9.9.9:81/'), ['url:http://9.9.9.9:81/', 'ipv4:9.9.9.9']],
    [observable('url', 'http://[2620:fe::9]/'), ['url:http://[2620:fe::9]/', 'ipv6:2620:fe::9']],
    [observable('url', 'http://10.0.0.9/'), ['url:http://10.0.0.9/']],
    [
      observable('url', 'http://203.0.113.9/', { special: 'documentation' }),
      ['url:http://203.0.113.9/', 'ipv4:203.0.113.9'],
    ],
    [observable('url', 'http://printer/'), ['url:http://printer/']],
  ])('$type $value', async (one, terms) => {
    const { calls, ask } = answering({})
    await ask(one)
    expect(calls).toEqual([terms])
  })

  it('is asked in one call, each term once', async () => {
    const { calls, ask } = answering({})
    await ask(
      observable('domain', 'a.evil.com'),
      observable('domain', 'b.evil.com'),
      observable('email', 'x@a.evil.com'),
    )
    expect(calls).toEqual([
      ['domain:a.evil.com', 'domain:evil.com', 'domain:b.evil.com', 'email:x@a.evil.com'],
    ])
  })

  it('is bounded for a URL with a long path: the longest prefixes and the root', async () => {
    const { calls, ask } = answering({})
    await ask(observable('url', `http://evil.com/${'d/'.repeat(60)}x`))
    const prefixes = calls[0]?.filter((key) => key.startsWith('url:')) ?? []
    expect(prefixes).toHaveLength(17)
    expect(prefixes.at(-1)).toBe('url:http://evil.com/')
  })
})

describe('the verdict', () => {
  it('names the kind as the mirror does, strongest first', async () => {
    const { ask } = answering({
      'url:http://a.evil.com/x': hit('url', 'http://a.evil.com/x'),
      'url:http://a.evil.com/': hit('url', 'http://a.evil.com/'),
      'domain:evil.com': hit('domain', 'evil.com', { composite: 'evil.com|9.9.9.9' }),
      'domain:a.evil.com': hit('domain', 'a.evil.com', { composite: 'a.evil.com|9.9.9.9' }),
    })
    const [url, domain, email] = await ask(
      observable('url', 'http://a.evil.com/x'),
      observable('domain', 'a.evil.com'),
      observable('email', 'x@a.evil.com'),
    )
    expect(told(url)).toEqual([
      'exact http://a.evil.com/x',
      'url-prefix http://a.evil.com/',
      'url-host a.evil.com',
      'url-host evil.com',
    ])
    expect(told(domain)).toEqual(['composite a.evil.com', 'parent-domain evil.com'])
    expect(told(email)).toEqual(['email-domain a.evil.com'])
  })

  it('is a hit when one term hit and another could not be asked', async () => {
    const { ask } = answering({ 'domain:evil.com': hit('domain', 'evil.com') }, down)
    const [verdict] = await ask(observable('domain', 'a.evil.com'))
    expect(told(verdict)).toEqual(['parent-domain evil.com'])
  })

  it('says of a hit that another term could not be asked, unless that will never be', async () => {
    const known = { 'domain:evil.com': hit('domain', 'evil.com') }
    const [partial] = await answering(known, down).ask(observable('domain', 'a.evil.com'))
    expect(partial).toMatchObject({ kind: 'hit', partial: true })
    const [whole] = await answering(known, { ...down, final: true }).ask(observable('domain', 'a.evil.com'))
    expect(whole).not.toHaveProperty('partial')
  })

  it('is not final while one term may still be answered', async () => {
    const { ask } = answering({ 'domain:b.evil.com': { ...down, final: true } }, down)
    expect(await ask(observable('domain', 'b.evil.com'))).toEqual([down])
  })

  it('is unanswered when nothing hit and one term could not be asked', async () => {
    const { ask } = answering({ 'domain:evil.com': down })
    expect(await ask(observable('domain', 'a.evil.com'))).toEqual([down])
  })

  it('is unanswered when a term was left without an answer', async () => {
    const lookup = expand(() => Promise.resolve(new Map()))
    const verdicts = await lookup([observable('ipv4', '9.9.9.9')], noAbort)
    expect(verdicts.get('ipv4:9.9.9.9')).toMatchObject({ kind: 'unanswered', error: { code: 'INTERNAL' } })
  })

  it('is from the cache when all that made it is, stale when any of it is', async () => {
    const cached: Verdict = { kind: 'miss', via: 'cache' }
    const both = answering({ 'domain:evil.com': { ...cached, stale: true } }, cached)
    expect(await both.ask(observable('domain', 'a.evil.com'))).toEqual([
      { kind: 'miss', via: 'cache', stale: true },
    ])
    const mixed = answering({ 'domain:evil.com': cached })
    expect(await mixed.ask(observable('domain', 'a.evil.com'))).toEqual([{ kind: 'miss' }])
    const cachedHit = { ...hit('domain', 'evil.com'), via: 'cache' } as Verdict
    const hitting = answering({ 'domain:evil.com': cachedHit })
    expect(await hitting.ask(observable('domain', 'a.evil.com'))).toMatchObject([
      { kind: 'hit', via: 'cache' },
    ])
  })
})
