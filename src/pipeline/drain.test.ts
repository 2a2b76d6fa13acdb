import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { alertWith } from '../../test/support/alerts.ts'
import { noPatterns } from '../../test/support/patterns.ts'
import { manualClock } from '../../test/support/clock.ts'
import { keptDeadLetters } from '../../test/support/dead-letters.ts'
import { indicatorOf } from '../../test/support/index.ts'
import { scriptedProvider } from '../../test/support/scripted-provider.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import { AppError } from '../core/errors.ts'
import type { Match } from '../core/match.ts'
import { observableKey } from '../core/observable.ts'
import { createMemoryStore } from '../store/memory/memory.ts'
import { pendingEvents } from '../telemetry/events/pending.ts'
import { onlineConfig, policyConfig } from './config.ts'
import { drainPending } from './drain.ts'
import type { Finish } from './finish.ts'
import type { OnlineProvider } from './online.ts'
import { openPendingQueue } from './pending.ts'
import { createPolicy } from './policy.ts'
import { encodeChunk, type PendingAlert } from './pending-chunk.ts'

const never = new AbortController().signal

function pendingOf(...values: readonly string[]): PendingAlert {
  return {
    alert: alertWith({}),
    questions: values.map((value) => ({
      observable: { type: 'ipv4', value, where: ['data.ip'] },
      hostNamed: false,
    })),
  }
}

async function setUp(known: readonly string[], more: Partial<OnlineProvider> = {}, patterns = noPatterns) {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const store = createMemoryStore({ clock, maxEntries: 1000 })
  const events = pendingEvents(telemetry)
  const deadLetters = keptDeadLetters()
  const config = onlineConfig.parse({}).pending
  const queue = await openPendingQueue({
    config,
    providers: ['misp'],
    store,
    clock,
    events,
    deadLetters,
    stop: never,
  })
  const provider = Object.assign(scriptedProvider(known), more)
  const matches: Match[] = []
  let refuse = 0
  const finish: Finish = async (found) => {
    if (refuse-- > 0) throw new Error('no disk')
    matches.push(...(await found).matches)
    return true
  }
  const policy = createPolicy(policyConfig.parse({}))
  const stop = new AbortController()
  const begin = (asked: OnlineProvider = provider): void => {
    const ended = drainPending(
      asked,
      { queue, policy, patterns, finish, clock, events, deadLetters },
      stop.signal,
    )
    onTestFinished(async () => {
      stop.abort()
      await ended
    })
  }
  return {
    queue,
    store,
    provider,
    clock,
    telemetry,
    matches,
    deadLetters,
    begin,
    refuseOnce: () => (refuse = 1),
  }
}

/** Each value has an indicator with a pattern. */
const patternsOnly: OnlineProvider['lookup'] = (observables) =>
  Promise.resolve(
    new Map(
      observables.map((each) => {
        const indicator = indicatorOf({ ...each, pattern: `pattern of ${each.value}` })
        return [observableKey(each), { kind: 'hit', indicators: [{ indicator, kind: 'pattern' }] }]
      }),
    ),
  )

describe('draining', () => {
  it('reports late matches with the time they were worked on first', async () => {
    const { queue, clock, matches, begin, telemetry } = await setUp(['9.9.9.9'])
    const since = clock.now()
    await queue.put('misp', [pendingOf('9.9.9.9', '8.8.4.4'), pendingOf('8.8.4.4')], never)
    await clock.advance(60_000)
    begin()
    await vi.waitUntil(() => queue.size('misp').alerts === 0)
    expect(matches).toMatchObject([
      { delayedSince: since, matchedAt: since + 60_000, via: 'online', observable: { value: '9.9.9.9' } },
    ])
    expect(await telemetry.metrics.total('matches_delayed_total')).toBe(1)
    expect(telemetry.lines.at(-1)).toMatchObject({ provider: 'misp', alerts: 2 })
  })

  it('judges patterns over the alert as it was kept', async () => {
    const asked: unknown[] = []
    const { queue, matches, begin } = await setUp([], { lookup: patternsOnly }, (alert, observables) => {
      asked.push(alert.body, observables)
      return (pattern) => pattern === 'pattern of 9.9.9.9'
    })
    const pending = pendingOf('9.9.9.9', '8.8.4.4')
    await queue.put('misp', [{ ...pending, alert: alertWith({ port: 443 }) }], never)
    begin()
    await vi.waitUntil(() => queue.size('misp').alerts === 0)
    expect(matches).toMatchObject([{ kind: 'pattern', observable: { value: '9.9.9.9' } }])
    expect(asked).toEqual([{ data: { port: 443 } }, undefined])
  })

  it('keeps what is still unanswered, waits longer each time, and takes it up again', async () => {
    const { queue, provider, clock, matches, begin } = await setUp(['9.9.9.9'])
    provider.mode = 'down'
    await queue.put('misp', [pendingOf('9.9.9.9')], never)
    begin()
    await vi.waitUntil(() => provider.asked.length === 1)
    expect(queue.size('misp').alerts).toBe(1)
    await clock.advance(999)
    expect(provider.asked).toHaveLength(1)
    await clock.advance(1)
    await vi.waitUntil(() => provider.asked.length === 2)
    provider.mode = 'up'
    await clock.advance(1999)
    expect(matches).toEqual([])
    await clock.advance(1)
    await vi.waitUntil(() => queue.size('misp').alerts === 0)
    expect(matches).toHaveLength(1)
  })

  it('gives up what the provider never says more about, and counts it', async () => {
    const error = new AppError('PROVIDER_OVERLOADED', 'too much')
    const { queue, matches, begin, telemetry } = await setUp([], {
      lookup: async (asked) =>
        new Map(asked.map((each) => [observableKey(each), { kind: 'unanswered', error, final: true }])),
    })
    await queue.put('misp', [pendingOf('9.9.9.9'), pendingOf('9.9.9.9')], never)
    begin()
    await vi.waitUntil(() => queue.size('misp').alerts === 0)
    expect(matches).toEqual([])
    expect(await telemetry.metrics.total('pending_dropped_total')).toBe(2)
    expect(telemetry.lines).toContainEqual(expect.objectContaining({ reason: 'unanswerable', alerts: 2 }))
  })

  it('counts an alert whose text was damaged, and reports the others', async () => {
    const { queue, store, matches, begin, telemetry } = await setUp(['9.9.9.9'])
    await queue.put('misp', [pendingOf('9.9.9.9')], never)
    const questions = pendingOf('9.9.9.9').questions
    const [chunk] = await queue.oldest('misp', 1)
    const bytes = await encodeChunk([{ text: '{"id":1}', questions }, ...(chunk?.alerts ?? [])], 1)
    await store.set(chunk?.key ?? '', bytes, 1000)
    begin()
    await vi.waitUntil(() => queue.size('misp').alerts === 0)
    expect(matches).toHaveLength(1)
    expect(await telemetry.metrics.total('pending_dropped_total')).toBe(1)
    const told = telemetry.lines.find(({ reason }) => reason === 'damaged')
    expect(told).toMatchObject({ alerts: 1 })
    expect(String(told?.['error'])).toContain('expected string')
  })

  it('loses nothing when the matches cannot be delivered', async () => {
    const { queue, clock, matches, begin, refuseOnce, telemetry } = await setUp(['9.9.9.9'])
    refuseOnce()
    await queue.put('misp', [pendingOf('9.9.9.9')], never)
    begin()
    await vi.waitUntil(() => telemetry.lines.some(({ error }) => error === 'no disk'))
    expect(queue.size('misp').alerts).toBe(1)
    await vi.waitUntil(async () => {
      await clock.advance(1000)
      return queue.size('misp').alerts === 0
    })
    expect(matches).toHaveLength(1)
  })

  it('passes over what gets no answer, so that it does not block what is behind it', async () => {
    const { queue, provider, clock, matches, begin } = await setUp(['9.9.9.9'])
    const { lookup } = provider
    const stuck: typeof lookup = async (observables, signal) =>
      observables.some(({ value }) => value === '1.1.1.1')
        ? new Map([
            ['ipv4:1.1.1.1', { kind: 'unanswered', error: new AppError('PROVIDER_OVERLOADED', 'no') }],
          ])
        : lookup(observables, signal)
    // As many alerts as are taken up at once.
    await queue.put(
      'misp',
      Array.from({ length: 1500 }, () => pendingOf('1.1.1.1')),
      never,
    )
    await queue.put('misp', [pendingOf('9.9.9.9')], never)
    begin({ ...provider, lookup: stuck })
    await vi.waitUntil(async () => {
      await clock.advance(1000)
      return matches.length === 1
    })
    expect(queue.size('misp').alerts).toBe(1500)
  })
})
