import { expect, it } from 'vitest'
import { observableKey, type Observable } from '../../core/observable.ts'
import type { Lookup, Notice } from '../../core/ports.ts'
import type { Verdict } from '../../core/verdict.ts'
import { createMemoryStore } from '../../store/memory/memory.ts'
import { lookupEvents } from '../../telemetry/events/lookup.ts'
import { manualClock } from '../../../test/support/clock.ts'
import { answersFor, domain, domains, failure, hit, MISS, NO_ABORT } from '../../../test/support/lookup.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import type { Ask } from './ask.ts'
import { batch } from './batch.ts'
import { createBreaker } from './breaker.ts'
import { createCache } from './cache.ts'
import { coalesce } from './coalesce.ts'
import { compose } from './compose.ts'
import { measure } from './measure.ts'
import { createRateLimit } from './rate-limit.ts'
import { retry } from './retry.ts'
import { createBatchSize } from './size.ts'
import { timeout } from './timeout.ts'

const HOUR = 3_600_000
const bad = domain('bad.example.net')
const weigh = () => 1

/** A provider that knows one value, and can be down; all layers around it. */
function setup() {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const events = lookupEvents(telemetry, 'misp')
  const notices: Notice[] = []
  const server = { isUp: true, requests: 0, largest: 0, probes: 0 }
  const ask: Ask = async (observables) => {
    server.requests += 1
    server.largest = Math.max(server.largest, observables.length)
    await clock.sleep(70)
    if (!server.isUp) throw failure('PROVIDER_UNREACHABLE')
    return answersFor(observables, (each) => (each.value === bad.value ? hit(each) : MISS))
  }
  const probe = (): Promise<void> => {
    server.probes += 1
    return server.isUp ? Promise.resolve() : Promise.reject(failure('PROVIDER_UNREACHABLE'))
  }
  const size = createBatchSize({ max: 190, weigh, clock, events })
  const breaker = createBreaker({
    provider: 'misp',
    threshold: 5,
    openMs: 60_000,
    maxOpenMs: 600_000,
    probe,
    clock,
    events,
    onNotice: (notice) => notices.push(notice),
  })
  const cache = createCache({
    provider: 'misp',
    store: createMemoryStore({ clock, maxEntries: 100_000 }),
    clock,
    ttlMs: 24 * HOUR,
    negativeTtlMs: HOUR,
    staleMs: 168 * HOUR,
    maxEntries: 100_000,
    maxStored: 1_000_000,
    fingerprint: '',
    events,
  })
  const lookup = compose(
    ask,
    measure({ events }),
    cache.layer,
    coalesce(),
    batch({ size: size.current, weigh, concurrency: 2, clock, events }),
    breaker.layer,
    retry({ retries: 2, clock }),
    createRateLimit({ spacingMs: 0, burst: 1000, windowMs: 1000, clock, events }).layer,
    size.layer,
    timeout({ ms: 30_000, clock }),
  )
  return { clock, telemetry, notices, server, breaker, ask: driven(lookup, clock) }
}

type Counts = Readonly<Record<string, number>>

/** Asks, lets the time pass until all is answered, and counts the answers. */
function driven(lookup: Lookup, clock: ReturnType<typeof manualClock>) {
  return async (...calls: (readonly Observable[])[]): Promise<{ counts: Counts; ms: number }> => {
    const start = clock.monotonic()
    const state = { done: false }
    const all = Promise.all(calls.map((observables) => lookup(observables, NO_ABORT)))
    void all.then(() => (state.done = true))
    // The first turn without time passing: what is answered at once takes none.
    for (let step = 0; !state.done; step = 5) await clock.advance(step)
    const counts: Record<string, number> = {}
    for (const [at, answers] of (await all).entries()) {
      expect(calls[at]?.every((observable) => answers.has(observableKey(observable)))).toBe(true)
      for (const verdict of answers.values()) {
        const word = wordOf(verdict)
        counts[word] = (counts[word] ?? 0) + 1
      }
    }
    return { counts, ms: clock.monotonic() - start }
  }
}

function wordOf(verdict: Verdict): string {
  if (verdict.kind === 'unanswered') return `unanswered ${verdict.error.code}`
  return [verdict.kind, verdict.via, verdict.stale === true ? 'stale' : undefined]
    .filter((word) => word !== undefined)
    .join(' ')
}

it('asks each of 10,000 values once, in as few requests as they fit in', async () => {
  const { ask, server, telemetry } = setup()
  const values = domains(10_000)
  const both = await ask(values, values)
  expect(both.counts).toEqual({ miss: 20_000 })
  expect(server).toMatchObject({ requests: Math.ceil(10_000 / 190), largest: 190 })
  const again = await ask(values)
  expect(again).toEqual({ counts: { 'miss cache': 10_000 }, ms: 0 })
  expect(server.requests).toBe(53)
  expect(await telemetry.metrics.total('lookups_total')).toBe(30_000)
})

it('goes through an outage: refuses at once, serves what it remembers, probes, and is back', async () => {
  const { ask, server, clock, breaker, notices, telemetry } = setup()
  const known = [bad, ...domains(500, 'known')]
  expect((await ask(known)).counts).toEqual({ hit: 1, miss: 500 })

  server.isUp = false
  server.requests = 0
  expect((await ask(domains(1000, 'new'))).counts).toEqual({ 'unanswered PROVIDER_UNREACHABLE': 1000 })
  expect(breaker.state().kind).toBe('open')
  expect(server.requests).toBeLessThanOrEqual(6 * 3)

  server.requests = 0
  const refused = await ask(domains(10_000, 'more'))
  expect(refused.counts).toEqual({ 'unanswered PROVIDER_UNREACHABLE': 10_000 })
  expect(refused.ms).toBeLessThanOrEqual(10)
  expect(server).toMatchObject({ requests: 0, probes: 0 })

  await clock.advance(30 * HOUR)
  expect((await ask(known)).counts).toEqual({ 'hit cache stale': 1, 'miss cache stale': 500 })
  expect(server).toMatchObject({ requests: 0, probes: 1 })

  server.isUp = true
  const back = breaker.whenRetry(NO_ABORT)
  await clock.advance(600_000)
  await back
  expect((await ask(known, domains(1000, 'new'))).counts).toEqual({ hit: 1, miss: 1500 })
  expect(breaker.state()).toEqual({ kind: 'closed' })
  expect(server).toMatchObject({ requests: 8, probes: 2 })
  expect(notices.map(({ kind }) => kind)).toEqual(['failing', 'recovered'])
  expect(telemetry.lines.filter(({ level }) => Number(level) >= 50)).toHaveLength(1)
})
