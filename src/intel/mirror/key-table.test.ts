import { describe, expect, it } from 'vitest'
import { createKeyTable } from './key-table.ts'

function all(table: ReturnType<typeof createKeyTable>, low: number, high: number): number[] {
  const found: number[] = []
  for (let slot = table.find(low, high); slot >= 0; slot = table.find(low, high, slot)) {
    found.push(table.ordinalAt(slot))
  }
  return found
}

describe('key table', () => {
  it('finds every ordinal of a key and none of a neighbour, while it grows', () => {
    const table = createKeyTable(() => false)
    for (let i = 0; i < 5000; i++) table.add(i % 50, i % 7, i)
    for (let low = 0; low < 50; low++) {
      const expected = Array.from({ length: 5000 }, (_, i) => i).filter((i) => i % 50 === low && i % 7 === 3)
      expect(all(table, low, 3).toSorted((a, b) => a - b)).toEqual(expected)
    }
    expect(all(table, 1, 8)).toEqual([])
  })

  it('takes keys and ordinals over the whole 32-bit range, across the end of the table', () => {
    const table = createKeyTable(() => false)
    for (const ordinal of [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe]) {
      table.add(0xffffffff, 0xffffffff, ordinal)
    }
    expect(all(table, 0xffffffff, 0xffffffff)).toHaveLength(5)
    expect(all(table, 0, 0)).toEqual([])
  })

  it('drops the dead on a rebuild and keeps the living', () => {
    let limit = 0
    const table = createKeyTable((ordinal) => ordinal < limit)
    for (let i = 0; i < 1000; i++) table.add(i, 0, i)
    limit = 990
    table.rebuild()
    expect(all(table, 989, 0)).toEqual([])
    for (let i = 990; i < 1000; i++) expect(all(table, i, 0)).toEqual([i])
  })
})
