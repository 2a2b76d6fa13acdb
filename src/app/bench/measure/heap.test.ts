import { describe, expect, it } from 'vitest'
import { judgeHeap } from './heap.ts'
import { slopeOf } from './slope.ts'

const MIB = 1024 * 1024

/** Twenty samples, a hundred alerts apart. */
function samples(heapAt: (alerts: number) => number, apart = 100) {
  return Array.from({ length: 20 }, (_, index) => {
    const alerts = (index + 1) * apart
    return { alerts, heap_bytes: heapAt(alerts) }
  })
}

describe('the slope', () => {
  it('is that of the line, with noise on both sides of it', () => {
    const points = [0, 1, 2, 3, 4, 5].map((x) => ({ x, y: 7 + 3 * x + (x % 2 === 0 ? 1 : -1) }))
    expect(slopeOf(points)).toBeCloseTo(3, 0)
    expect(slopeOf([0, 1, 2].map((x) => ({ x, y: 7 + 3 * x })))).toBe(3)
  })

  it('is 0 without points, or with one', () => {
    expect([slopeOf([]), slopeOf([{ x: 1, y: 9 }])]).toEqual([0, 0])
  })
})

describe('the verdict', () => {
  it('is steady where only the beginning grows: caches fill', () => {
    const { verdict, judged_alerts: judged } = judgeHeap(
      samples((alerts) => 30 * MIB + Math.min(alerts, 600) * 50_000),
    )
    expect({ verdict, judged }).toEqual({ verdict: 'steady', judged: 1300 })
  })

  it('is grows where each alert leaves more than a kibibyte behind, and tells how much', () => {
    const judged = judgeHeap(samples((alerts) => 30 * MIB + alerts * 3000))
    expect(judged).toMatchObject({
      verdict: 'grows',
      heap_growth_bytes_per_alert: 3000,
      heap_growth_bytes: 3_900_000,
    })
  })

  it('is steady where the growth is steep and less than the engine itself takes now and then', () => {
    expect(judgeHeap(samples((alerts) => 30 * MIB + alerts * 1100)).verdict).toBe('steady')
    expect(judgeHeap(samples((alerts) => 30 * MIB + alerts * 1100, 200)).verdict).toBe('grows')
  })

  it('is undecided over few alerts, however they grow', () => {
    expect(judgeHeap(samples((alerts) => alerts * 1_000_000, 10)).verdict).toBe('undecided')
    expect(judgeHeap([]).verdict).toBe('undecided')
  })
})
