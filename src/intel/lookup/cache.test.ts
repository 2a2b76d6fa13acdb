import { describe, expect, it } from 'vitest'
import type { Observable } from '../../core/observable.ts'
import { observableKey } from '../../core/observable.ts'
import type { Store } from '../../core/ports.ts'
import type { Verdict } from '../../core/verdict.ts'
import { lookupEvents } from '../../telemetry/events/lookup.ts'
import { manualClock } from '../../../test/support/clock.ts'
import { answersFor, domain, domains, failure, hit, MISS, NO_ABORT } from '../../../test/support/lookup.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import type { AnswersOptions } from './answers.ts'
import { unanswered } from './ask.ts'
import { createCache } from './cache.ts'

const HOUR = 3_600_000
const a = domain('a.example.net')
const down = unanswered(failure('PROVIDER_UNREACHABLE'))

interface MapStore extends Store {
  readonly map: Map<string, Uint8Array>
  readonly ttls: Map<string, number>
}

/** Ages nothing: that the cache itself knows the age of its answers is what is tested. */
function mapStore(): MapStore {
  const map = new Map<string, Uint8Array>()
  const ttls = new Map<string, number>()
  return {
    map,
    ttls,
    get: (key) => Promise.resolve(map.get(key)),
    set: (key, value, ttlMs) => {
      map.set(key, value)
      ttls.set(key, ttlMs)
      return Promise.resolve()
    },
    claim: () => Promise.resolve(true),
    delete: () => Promise.resolve(),
    scan: async function* () {},
    count: async () => 0,
    close: () => Promise.resolve(),
  }
}

function setup(options: Partial<AnswersOptions> = {}) {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const store = mapStore()
  const asked: string[] = []
  let verdictOf: (observable: Observable) => Verdict = hit

  /** As after a start: nothing in memory, all that is in the store. */
  function started(more: Partial<AnswersOptions> = {}) {
    const cache = createCache({
      provider: 'misp',
      store,
      clock,
      ttlMs: 24 * HOUR,
      negativeTtlMs: HOUR,
      staleMs: 48 * HOUR,
      maxEntries: 1000,
      maxStored: 1_000_000,
      fingerprint: 'https://misp.example.net to_ids',
      events: lookupEvents(telemetry, 'misp'),
      ...options,
      ...more,
    })
    const lookup = cache.layer((observables) => {
      asked.push(...observables.map(({ value }) => value))
      return Promise.resolve(answersFor(observables, verdictOf))
    })
    const one = async (observable = a) =>
      (await lookup([observable], NO_ABORT)).get(observableKey(observable))
    return { ...cache, lookup, one }
  }
  return {
    clock,
    telemetry,
    store,
    asked,
    started,
    answersWith: (verdict: (observable: Observable) => Verdict) => (verdictOf = verdict),
  }
}

describe('the cache', () => {
  it('asks once and answers from memory until the time is over', async () => {
    const { clock, asked, started } = setup()
    const { one } = started()
    expect(await one()).toEqual(hit(a))
    expect(await one()).toEqual({ ...hit(a), via: 'cache' })
    await clock.advance(24 * HOUR)
    expect(await one()).toEqual({ ...hit(a), via: 'cache' })
    await clock.advance(1)
    expect(await one()).toEqual(hit(a))
    expect(asked).toHaveLength(2)
  })

  it('remembers for a shorter time that a value is unknown', async () => {
    const { clock, asked, started, answersWith } = setup()
    answersWith(() => MISS)
    const { one } = started()
    await one()
    await clock.advance(HOUR)
    expect(await one()).toEqual({ kind: 'miss', via: 'cache' })
    await clock.advance(1)
    answersWith(hit)
    expect(await one()).toEqual(hit(a))
    expect(asked).toHaveLength(2)
  })

  it('asks only for what it does not know, each value once', async () => {
    const { asked, started } = setup()
    const { lookup, one } = started()
    await one()
    const answers = await lookup([a, ...domains(3), a, ...domains(2)], NO_ABORT)
    expect([...answers.values()].map((verdict) => verdict.kind !== 'unanswered' && verdict.via)).toEqual([
      'cache',
      undefined,
      undefined,
      undefined,
    ])
    expect(asked).toHaveLength(4)
  })

  it('never remembers that a value could not be asked', async () => {
    const { asked, started, answersWith, store, clock } = setup()
    answersWith(() => down)
    const { one, idle } = started()
    expect(await one()).toBe(down)
    await clock.advance(0)
    answersWith(hit)
    expect(await one()).toEqual(hit(a))
    await idle()
    expect(asked).toHaveLength(2)
    expect(store.map.size).toBe(1)
  })
})

describe('a stale answer', () => {
  it.each([hit, () => MISS])('serves, marked, while nobody can be asked, and not for ever', async (given) => {
    const { clock, asked, started, answersWith } = setup({ negativeStaleMs: 71 * HOUR })
    answersWith(given)
    const { one } = started()
    await one()
    answersWith(() => down)
    await clock.advance(72 * HOUR)
    expect(await one()).toEqual({ ...given(a), via: 'cache', stale: true })
    await clock.advance(1)
    expect(await one()).toBe(down)
    expect(asked).toHaveLength(3)
  })

  it('is replaced by a new one', async () => {
    const { clock, started, answersWith } = setup()
    const { one } = started()
    await one()
    await clock.advance(25 * HOUR)
    answersWith(() => MISS)
    expect(await one()).toEqual(MISS)
    answersWith(() => down)
    expect(await one()).toEqual({ kind: 'miss', via: 'cache' })
  })
})

describe('after a restart', () => {
  it('answers are still there, with the age they have', async () => {
    const { clock, asked, store, started, answersWith } = setup()
    const before = started()
    await before.one()
    await before.idle()
    expect([...store.ttls]).toEqual([['lookup/misp/domain:a.example.net', 72 * HOUR]])
    await clock.advance(20 * HOUR)
    const after = started()
    expect(await after.one()).toEqual({ ...hit(a), via: 'cache' })
    await clock.advance(5 * HOUR)
    answersWith(() => down)
    expect(await after.one()).toEqual({ ...hit(a), via: 'cache', stale: true })
    expect(asked).toHaveLength(2)
  })

  it('answers from another server or of other filters are of no use', async () => {
    const { asked, started } = setup()
    const before = started()
    await before.one()
    await before.idle()
    await started({ fingerprint: 'https://other.example.net' }).one()
    expect(asked).toHaveLength(2)
  })

  it('R45: an answer from the future counts as given now, and is written so', async () => {
    const { clock, asked, started } = setup()
    const before = started()
    await before.one()
    await before.idle()
    clock.step(-365 * 24 * HOUR)
    const after = started()
    expect(await after.one()).toMatchObject({ via: 'cache' })
    await after.idle()
    await clock.advance(24 * HOUR)
    expect(await started().one()).toMatchObject({ via: 'cache' })
    await clock.advance(1)
    expect(await started().one()).not.toHaveProperty('via')
    expect(asked).toHaveLength(2)
  })

  it('an answer that came back ages on when the clock is set back', async () => {
    const { clock, asked, started } = setup()
    const before = started()
    await before.one()
    await before.idle()
    await clock.advance(20 * HOUR)
    const { one } = started()
    await one()
    clock.step(-10 * HOUR)
    await clock.advance(4 * HOUR)
    expect(await one()).toMatchObject({ via: 'cache' })
    await clock.advance(1)
    await one()
    expect(asked).toHaveLength(2)
  })

  it.each([
    ['set back', -365 * 24 * HOUR, 24 * HOUR + 1],
    ['set forward, or after a sleep of the machine', 24 * HOUR + 1, 0],
  ])('R45: a clock that is %s does not keep an answer in memory', async (_what, step, pass) => {
    const { clock, asked, started } = setup()
    const { one } = started()
    await one()
    clock.step(step)
    await clock.advance(pass)
    await one()
    expect(asked).toHaveLength(2)
  })

  it('a damaged answer is asked anew and counted', async () => {
    const { asked, store, started, telemetry } = setup()
    store.map.set('lookup/misp/domain:a.example.net', Uint8Array.of(1, 2, 3))
    expect(await started().one()).toEqual(hit(a))
    expect(asked).toHaveLength(1)
    expect(await telemetry.metrics.byReason('lookup_cache_errors_total')).toEqual({ damaged: 1 })
  })
})

describe('a store', () => {
  it('that fails is told, and the look-up goes on', async () => {
    const broken = {
      ...mapStore(),
      get: () => Promise.reject(new Error('no read')),
      set: () => Promise.reject(new Error('no write')),
    }
    const { telemetry, started } = setup()
    const { lookup, one, idle } = started({ store: broken })
    expect((await lookup(domains(100), NO_ABORT)).size).toBe(100)
    await idle()
    expect(await one(domain('host7.example.net'))).toMatchObject({ via: 'cache' })
    expect(await telemetry.metrics.byReason('lookup_cache_errors_total')).toEqual({ read: 100, write: 100 })
    expect(telemetry.lines).toHaveLength(2)
  })

  it('is read by a bounded number at a time', async () => {
    let underWay = 0
    let most = 0
    const counting = {
      ...mapStore(),
      get: async () => {
        underWay += 1
        most = Math.max(most, underWay)
        await Promise.resolve()
        underWay -= 1
        return undefined
      },
    }
    await setup().started({ store: counting }).lookup(domains(1000), NO_ABORT)
    expect(most).toBe(64)
  })

  it('is read once for each value', async () => {
    const { started, store } = setup()
    const before = started()
    await before.one()
    await before.idle()
    const { one } = started()
    await one()
    store.map.clear()
    expect(await one()).toMatchObject({ via: 'cache' })
  })

  it('that is slow is not given more and more', async () => {
    let writes = 0
    const set = () => {
      writes += 1
      return new Promise<void>(() => undefined)
    }
    const { lookup } = setup().started({ store: { ...mapStore(), set } })
    await lookup(domains(20_001), NO_ABORT)
    expect(writes).toBe(20_000)
  })

  it('gets no more answers than it may hold; memory goes on, and the rest is counted', async () => {
    const { started, store, telemetry, asked } = setup({ maxStored: 1000 })
    const { lookup, idle } = started()
    await lookup(domains(1000), NO_ABORT)
    await idle()
    await lookup([a, domain('b.example.net')], NO_ABORT)
    await lookup([a], NO_ABORT)
    await idle()
    expect([store.map.size, asked.length]).toEqual([1000, 1002])
    expect(await telemetry.metrics.byReason('lookup_answers_not_stored_total')).toEqual({ full: 2 })
  })

  it('that is slow keeps nobody waiting but idle()', async () => {
    const writes: (() => void)[] = []
    const slow = { ...mapStore(), set: () => new Promise<void>((resolve) => writes.push(resolve)) }
    const { one, idle } = setup().started({ store: slow })
    expect(await one()).toEqual(hit(a))
    let isIdle = false
    const waiting = idle().then(() => (isIdle = true))
    await Promise.resolve()
    expect(isIdle).toBe(false)
    for (const done of writes) done()
    await waiting
  })
})

it('counts where each value was answered from', async () => {
  const { clock, telemetry, started, answersWith } = setup()
  const { lookup, one } = started()
  await one()
  await clock.advance(25 * HOUR)
  await one(domain('fresh.example.net'))
  answersWith(() => down)
  await lookup([a, domain('fresh.example.net'), ...domains(2)], NO_ABORT)
  const { values } = await telemetry.metrics.registry.getSingleMetric('tripline_lookup_values_total')!.get()
  expect(Object.fromEntries(values.map(({ labels, value }) => [labels['from'], value]))).toEqual({
    online: 2,
    stale: 1,
    cache: 1,
    unanswered: 2,
  })
})
