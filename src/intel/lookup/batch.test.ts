import { describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import type { Observable } from '../../core/observable.ts'
import { lookupEvents } from '../../telemetry/events/lookup.ts'
import { manualClock } from '../../../test/support/clock.ts'
import {
  answersFor,
  domain,
  domains,
  failure,
  heldAsk,
  hit,
  MISS,
  NO_ABORT,
  settled,
} from '../../../test/support/lookup.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import type { Ask } from './ask.ts'
import { batch, type BatchOptions } from './batch.ts'

function setup(options: Partial<BatchOptions> = {}, custom?: Ask) {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const { ask, asked } = heldAsk()
  const layer = batch({
    size: () => 10,
    weigh: () => 1,
    concurrency: 2,
    minWeight: 2,
    clock,
    events: lookupEvents(telemetry, 'misp'),
    ...options,
  })
  return { clock, telemetry, asked, lookup: layer(custom ?? ask) }
}

const sizes = (asked: ReturnType<typeof heldAsk>['asked']) => asked.map(({ values }) => values.length)
const [a, b] = [domain('a.example.net'), domain('b.example.net')]

const heavyOrNot = ({ value }: Observable) => (value.startsWith('heavy') ? 25 : 4)

describe('batch', () => {
  it('puts the values of concurrent callers in one request after a short wait', async () => {
    const { clock, asked, lookup } = setup()
    const first = lookup([a], NO_ABORT)
    await clock.advance(4)
    const second = lookup([b], NO_ABORT)
    expect(asked).toHaveLength(0)
    await clock.advance(1)
    expect(asked.map(({ values }) => values)).toEqual([[a.value, b.value]])
    asked[0]?.answer((each) => (each === b ? hit(b) : MISS))
    expect(await first).toEqual(answersFor([a]))
    expect(await second).toEqual(answersFor([b], hit))
  })

  it('sends at once what is full, so many requests at a time, and the rest when it is its turn', async () => {
    const { clock, asked, lookup } = setup()
    const answer = lookup(domains(35), NO_ABORT)
    expect(sizes(asked)).toEqual([10, 10])
    asked[1]?.answer()
    await settled()
    expect(sizes(asked)).toEqual([10, 10, 10])
    asked[0]?.answer()
    asked[2]?.answer()
    await settled()
    expect(sizes(asked)).toEqual([10, 10, 10])
    await clock.advance(5)
    expect(sizes(asked)).toEqual([10, 10, 10, 5])
    asked[3]?.answer()
    expect((await answer).size).toBe(35)
  })

  it('keeps a second connection for full requests for a while', async () => {
    const { clock, asked, lookup } = setup()
    void lookup([a], NO_ABORT)
    await clock.advance(5)
    void lookup([b], NO_ABORT)
    await clock.advance(99)
    expect(sizes(asked)).toEqual([1])
    await clock.advance(1)
    expect(sizes(asked)).toEqual([1, 1])
  })

  it('sends what waited as soon as nothing is being asked any more', async () => {
    const { clock, asked, lookup } = setup()
    void lookup([a], NO_ABORT)
    await clock.advance(5)
    void lookup(domains(3), NO_ABORT)
    await clock.advance(20)
    asked[0]?.answer()
    await settled()
    expect(sizes(asked)).toEqual([1, 3])
  })

  it('counts values, not observables, and sends a heavy one alone', async () => {
    const { clock, asked, lookup } = setup({ weigh: heavyOrNot, concurrency: 9 })
    void lookup([a, domain('heavy.example.net'), b, ...domains(2)], NO_ABORT)
    await clock.advance(5)
    await clock.advance(100)
    expect(sizes(asked)).toEqual([1, 1, 2, 1])
  })

  it('gives each caller its answers when its own values have theirs', async () => {
    const { asked, lookup } = setup()
    const large = lookup(domains(18), NO_ABORT)
    const small = lookup([a, b], NO_ABORT)
    asked[1]?.answer()
    expect((await small).size).toBe(2)
    asked[0]?.answer()
    expect((await large).size).toBe(18)
  })

  it('follows a size that changes', async () => {
    let size = 10
    const { asked, lookup } = setup({ size: () => size, concurrency: 1 })
    void lookup(domains(20), NO_ABORT)
    size = 5
    asked[0]?.answer()
    await settled()
    expect(sizes(asked)).toEqual([10, 5])
  })
})

describe('a caller who leaves', () => {
  it('takes its waiting values along', async () => {
    const { clock, asked, lookup } = setup()
    const leaver = new AbortController()
    const left = lookup([a], leaver.signal)
    void lookup([b], NO_ABORT)
    leaver.abort()
    expect((await left).get('domain:a.example.net')).toMatchObject({ kind: 'unanswered' })
    await clock.advance(5)
    expect(asked.map(({ values }) => values)).toEqual([[b.value]])
  })

  it('leaves room in the request', async () => {
    const { clock, asked, lookup } = setup()
    const leaver = new AbortController()
    void lookup(domains(9), leaver.signal)
    leaver.abort()
    void lookup([a], NO_ABORT)
    expect(asked).toHaveLength(0)
    void lookup([b], NO_ABORT)
    await clock.advance(5)
    expect(sizes(asked)).toEqual([2])
  })

  it('aborts a request that nobody waits for, and no other', async () => {
    const { clock, asked, lookup } = setup()
    const leavers = [new AbortController(), new AbortController()]
    void lookup([a], leavers[0]!.signal)
    void lookup([b], leavers[1]!.signal)
    await clock.advance(5)
    leavers[0]?.abort()
    expect(asked[0]?.signal.aborted).toBe(false)
    leavers[1]?.abort()
    expect(asked[0]?.signal.aborted).toBe(true)
  })

  it('is answered when it had left before', async () => {
    const { clock, asked, lookup } = setup()
    expect(await lookup([a], AbortSignal.abort())).toMatchObject(
      new Map([['domain:a.example.net', { kind: 'unanswered' }]]),
    )
    await clock.advance(5)
    expect(asked).toHaveLength(0)
  })
})

describe('a request that fails', () => {
  it('leaves its own values unanswered and no others', async () => {
    const { asked, lookup } = setup()
    const answer = lookup(domains(20), NO_ABORT)
    asked[0]?.fail(failure('PROVIDER_REFUSED'))
    asked[1]?.answer()
    const kinds = [...(await answer).values()].map(({ kind }) => kind)
    expect(kinds.join(' ')).toBe(`${'unanswered '.repeat(10)}${'miss '.repeat(10)}`.trim())
    expect(asked).toHaveLength(2)
  })

  it('is split around a value that spoils it', async () => {
    const requests: number[] = []
    const poisonous: Ask = (observables) => {
      requests.push(observables.length)
      return observables.some(({ value }) => value === a.value)
        ? Promise.reject(failure('PROVIDER_MALFORMED'))
        : Promise.resolve(answersFor(observables))
    }
    const { lookup } = setup({ size: () => 64 }, poisonous)
    const answers = await lookup([...domains(40), a, ...domains(23, 'more')], NO_ABORT)
    const without = [...answers].filter(([, { kind }]) => kind === 'unanswered').map(([key]) => key)
    expect(without).toHaveLength(2)
    expect(without).toContain('domain:a.example.net')
    expect(requests.reduce((sum, each) => sum + each)).toBeLessThan(3 * 64)
  })

  it.each([
    failure('PROVIDER_OVERLOADED'),
    new AppError('PROVIDER_UNREACHABLE', 'late', { cause: new DOMException('late', 'TimeoutError') }),
  ])('is not split for ever when all fails: $code', async (error) => {
    let requests = 0
    const { lookup } = setup({ size: () => 64 }, () => {
      requests += 1
      return Promise.reject(error)
    })
    const answers = await lookup(domains(64), NO_ABORT)
    expect([...answers.values()].every(({ kind }) => kind === 'unanswered')).toBe(true)
    expect(requests).toBe(17)
  })

  it.each(['PROVIDER_UNREACHABLE', 'PROVIDER_THROTTLED'] as const)(
    'is not split when a smaller one would do no better: %s',
    async (code) => {
      const { asked, lookup } = setup()
      const answer = lookup(domains(10), NO_ABORT)
      asked[0]?.fail(failure(code))
      await answer
      expect(asked).toHaveLength(1)
    },
  )

  it('is not asked again for callers who left meanwhile', async () => {
    const { asked, lookup } = setup()
    const leaver = new AbortController()
    const stays = lookup(domains(5), NO_ABORT)
    void lookup(domains(5, 'left'), leaver.signal)
    leaver.abort()
    asked[0]?.fail(failure('PROVIDER_OVERLOADED'))
    await settled()
    asked[1]?.answer()
    asked[2]?.answer()
    expect((await stays).size).toBe(5)
    expect(asked.slice(1).flatMap(({ values }) => values)).toEqual(domains(5).map(({ value }) => value))
  })

  it('is not asked again when all left while its halves wait', async () => {
    const { asked, lookup } = setup({ concurrency: 1 })
    const leaver = new AbortController()
    void lookup(domains(10), leaver.signal)
    const stays = lookup(domains(10, 'stays'), NO_ABORT)
    asked[0]?.fail(failure('PROVIDER_OVERLOADED'))
    await settled()
    leaver.abort()
    asked[1]?.answer()
    await settled()
    asked[2]?.answer()
    await stays
    expect(sizes(asked)).toEqual([10, 5, 10])
  })

  it('makes a verdict of what a provider leaves out', async () => {
    const { clock, lookup } = setup({}, () => Promise.resolve(new Map()))
    const answer = lookup([a], NO_ABORT)
    await clock.advance(5)
    expect((await answer).get('domain:a.example.net')).toMatchObject({ error: { code: 'INTERNAL' } })
  })
})

it('answers at once what finds too many waiting', async () => {
  const { clock, asked, lookup, telemetry } = setup({ maxWaiting: 15 })
  void lookup(domains(30), NO_ABORT)
  const waiting = lookup(domains(5, 'fits'), NO_ABORT)
  const refused = await lookup(domains(3, 'more'), NO_ABORT)
  expect([...refused.values()]).toMatchObject(
    Array.from({ length: 3 }, () => ({ kind: 'unanswered', error: { code: 'PROVIDER_OVERLOADED' } })),
  )
  expect(telemetry.lines).toMatchObject([{ provider: 'misp', waiting: 15 }])
  for (let at = 0; at < 4; at++) {
    asked[at]?.answer()
    await clock.advance(5)
  }
  expect((await waiting).size).toBe(5)
})
