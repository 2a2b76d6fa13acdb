import { describe, expect, it } from 'vitest'
import { AppError, type ErrorCode } from '../../../core/errors.ts'
import { createPace, type Pace } from './pace.ts'

const failure = (code: ErrorCode, retryAfterMs?: number): AppError =>
  new AppError(code, 'x', retryAfterMs === undefined ? {} : { retryAfterMs })

function failing(pace: Pace, code: ErrorCode): string[] {
  const path: string[] = []
  for (let i = 0; i < 50; i++) {
    const verdict = pace.failed(failure(code))
    path.push(`${verdict.kind} ${pace.events}×${pace.limit}`)
    if (verdict.kind !== 'retry') return path
  }
  return path
}

describe('the pace', () => {
  it('asks for as many events as fill most of a page, and not suddenly for many more', () => {
    const pace = createPace(5000)
    expect([pace.events, pace.limit]).toEqual([10, 5000])
    pace.succeeded({ events: 10, rows: 100 })
    expect(pace.events).toBe(40)
    pace.succeeded({ events: 40, rows: 400 })
    expect(pace.events).toBe(160)
    pace.succeeded({ events: 160, rows: 1600 })
    expect(pace.events).toBe(190)
    for (let i = 0; i < 20; i++) pace.succeeded({ events: pace.events, rows: pace.events * 100 })
    expect(pace.events).toBe(35)
    pace.succeeded({ events: 1, rows: 100_000 })
    expect(pace.events).toBe(1)
    pace.succeeded({ events: 1, rows: 0 })
    expect(pace.events).toBeLessThanOrEqual(4)
  })

  it('asks for half when a page does not hold all, and goes up slowly from there', () => {
    const pace = createPace(1000)
    pace.succeeded({ events: 10, rows: 100 })
    pace.overflowed({ events: 40, rows: 1000 })
    expect(pace.events).toBe(20)
    pace.succeeded({ events: 20, rows: 200 })
    expect(pace.events).toBe(34)
    for (const events of [2, 1]) pace.overflowed({ events, rows: 1000 })
    expect(pace.events).toBe(1)
  })

  it('learns the cap of a server that gives less than it is asked for', () => {
    const pace = createPace(1000)
    pace.overflowed({ events: 10, rows: 30 })
    for (let i = 0; i < 20; i++) pace.succeeded({ events: pace.events, rows: pace.events * 2 })
    expect(pace.events).toBe(10)
    expect(pace.limit).toBe(1000)
  })

  it('asks for less after a failure, down to one event in small pages, then skips it', () => {
    const pace = createPace(5000)
    expect(failing(pace, 'PROVIDER_OVERLOADED')).toEqual([
      'retry 2×5000',
      'retry 1×5000',
      'retry 1×1250',
      'retry 1×312',
      'retry 1×100',
      'skip 1×100',
    ])
    pace.succeeded({ events: 1, rows: 50 })
    expect([pace.events, pace.limit]).toEqual([4, 400])
  })

  it('gives up when one event after the other cannot be had', () => {
    const pace = createPace(5000)
    expect(failing(pace, 'PROVIDER_MALFORMED').at(-1)).toBe('skip 1×100')
    expect(failing(pace, 'PROVIDER_MALFORMED')).toEqual(['skip 1×100'])
    expect(failing(pace, 'PROVIDER_MALFORMED')).toEqual(['give-up 1×100'])
  })

  it('gives up soon on a server that is not there, and at once when it refuses', () => {
    expect(failing(createPace(5000), 'PROVIDER_UNREACHABLE')).toHaveLength(4)
    expect(failing(createPace(5000), 'PROVIDER_REFUSED')).toEqual(['give-up 10×5000'])
    expect(failing(createPace(5000), 'INTERNAL')).toEqual(['give-up 10×5000'])
  })

  it('gives up on a server that takes too long, and asks for less in the next round, until it skips', () => {
    const pace = createPace(5000)
    expect(failing(pace, 'PROVIDER_UNREACHABLE').at(-1)).toBe('give-up 1×312')
    expect(failing(pace, 'PROVIDER_UNREACHABLE')).toEqual(['retry 1×100', 'skip 1×100'])
  })

  it('skips events that are to blame themselves without end', () => {
    const pace = createPace(5000)
    failing(pace, 'PROVIDER_MALFORMED')
    const verdicts = Array.from(
      { length: 10 },
      () => pace.failed(failure('PROVIDER_MALFORMED'), () => true).kind,
    )
    expect(new Set(verdicts)).toEqual(new Set(['skip']))
  })

  it('waits longer each time, and as long as the server says when it counts searches', () => {
    const pace = createPace(5000)
    const waits = [1, 2, 3].map(() => pace.failed(failure('PROVIDER_OVERLOADED')))
    expect(waits).toMatchObject([{ waitMs: 1000 }, { waitMs: 2000 }, { waitMs: 4000 }])
    const size = [pace.events, pace.limit]
    expect(pace.failed(failure('PROVIDER_THROTTLED', 700_000))).toEqual({ kind: 'retry', waitMs: 700_000 })
    expect(pace.failed(failure('PROVIDER_THROTTLED', 9e9))).toEqual({ kind: 'retry', waitMs: 900_000 })
    expect([pace.events, pace.limit]).toEqual(size)
  })
})
