import { describe, expect, it } from 'vitest'
import { createTally, ratio, rounded } from './tally.ts'

function timesOf(values: readonly number[]) {
  const tally = createTally()
  for (const value of values) tally.add(value)
  return tally.times()
}

describe('a tally', () => {
  it('gives mean and maximum as they are, percentiles to 1 %', () => {
    const times = timesOf(Array.from({ length: 1000 }, (_, index) => index + 1))
    expect(times).toMatchObject({ mean: 500.5, max: 1000 })
    for (const [share, value] of [
      [500, times.p50],
      [950, times.p95],
      [990, times.p99],
    ] as const)
      expect(Math.abs(value / share - 1)).toBeLessThan(0.01)
  })

  it('does not care for the order', () => {
    expect(timesOf([9, 1, 5, 3, 7])).toEqual(timesOf([1, 3, 5, 7, 9]))
  })

  it.each([0.001, 1, 65, 120_000])('gives a single value of %d ms for everything, never above it', (ms) => {
    const { mean, p50, p99, max } = timesOf([ms])
    expect({ mean, max }).toEqual({ mean: ms, max: ms })
    expect(p50).toBe(p99)
    expect(p50).toBeLessThanOrEqual(ms)
    expect(p50).toBeGreaterThan(ms * 0.99)
  })

  it('gives the slow one of a hundred as p99 only', () => {
    const { p50, p95, p99, max } = timesOf([...Array.from({ length: 98 }, () => 1), 100, 100])
    expect([p50, p95, p99, max].map(Math.round)).toEqual([1, 1, 100, 100])
  })

  it('gives 0 when nothing was added', () => {
    expect(timesOf([])).toEqual({ mean: 0, p50: 0, p95: 0, p99: 0, max: 0 })
  })
})

it('rounds to four digits that mean something, and divides by nothing to 0', () => {
  expect([rounded(1234.567), rounded(0.001_234_56), ratio(1, 3), ratio(1, 0)]).toEqual([
    1235, 0.001235, 0.3333, 0,
  ])
})
