import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../test/support/clock.ts'
import { drive, type DriveOptions } from './drive.ts'
import type { AlertPath, Taken } from './path.ts'

const TAKEN: Taken = { ms: 4, localMs: 1, observables: 3, matches: 1, unanswered: [] }

function none(): Promise<never> {
  return Promise.reject(new Error('not asked for'))
}

function pathOf(take: AlertPath['take']): AlertPath {
  return { take, lookUps: none, requests: none, close: () => Promise.resolve() }
}

function options(take: AlertPath['take'], more: Partial<DriveOptions> = {}): DriveOptions {
  return {
    path: pathOf(take),
    alertAt: (number) => Buffer.from(String(number)),
    clock: manualClock(),
    signal: new AbortController().signal,
    because: () => 'interrupted',
    count: 5,
    limitMs: 1000,
    concurrency: 1,
    ...more,
  }
}

describe('a run', () => {
  it('takes each alert once and sums up what became of them', async () => {
    const lines: string[] = []
    const driven = await drive(
      options(
        (line) => {
          lines.push(line.toString())
          const unanswered = line.toString() === '3' ? (['late', 'PROVIDER_REFUSED'] as const) : []
          return Promise.resolve({ ...TAKEN, unanswered })
        },
        { concurrency: 2 },
      ),
    )
    expect(lines.toSorted()).toEqual(['0', '1', '2', '3', '4'])
    expect(driven).toMatchObject({
      ended: 'done',
      alerts: 5,
      alertsUnanswered: 1,
      observables: 15,
      matches: 5,
      unanswered: { late: 1, PROVIDER_REFUSED: 1 },
      ms: { mean: 4 },
      localMs: { mean: 1 },
    })
  })

  it('has as many alerts in work as it may, and no more', async () => {
    let now = 0
    let most = 0
    await drive(
      options(
        async () => {
          now += 1
          most = Math.max(most, now)
          await Promise.resolve()
          now -= 1
          return TAKEN
        },
        { concurrency: 3, count: 20 },
      ),
    )
    expect(most).toBe(3)
  })

  it('does not count what was under way when it was interrupted', async () => {
    const stop = new AbortController()
    const driven = await drive(
      options(
        (line) => {
          if (line.toString() === '2') stop.abort()
          return Promise.resolve({ ...TAKEN, unanswered: stop.signal.aborted ? ['late'] : [] })
        },
        { signal: stop.signal },
      ),
    )
    expect(driven).toMatchObject({ ended: 'interrupted', alerts: 2, alertsUnanswered: 0 })
  })

  it('begins no alert after its time, and says that it has fewer', async () => {
    const clock = manualClock()
    const take = async (): Promise<Taken> => {
      await clock.advance(400)
      return TAKEN
    }
    expect(await drive(options(take, { clock }))).toMatchObject({
      ended: 'time limit',
      alerts: 3,
      seconds: 1.2,
    })
    expect(await drive(options(take, { clock, count: Infinity, untilLimit: true }))).toMatchObject({
      ended: 'done',
      alerts: 3,
    })
  })

  it('keeps the pace it is told', async () => {
    const clock = manualClock()
    const starts: number[] = []
    const driving = drive(
      options(
        () => {
          starts.push(clock.monotonic())
          return Promise.resolve(TAKEN)
        },
        { clock, perSecond: 5, count: 3 },
      ),
    )
    await clock.advance(0)
    for (let step = 0; step < 8; step++) await clock.advance(100)
    expect((await driving).alerts).toBe(3)
    expect(starts).toEqual([0, 200, 400])
  })
})
