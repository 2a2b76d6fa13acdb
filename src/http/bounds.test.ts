import { expect, it } from 'vitest'
import { createRecentMatches } from './recent.ts'
import { createTop } from './top.ts'

const ROW = {
  id: 'a',
  at: 0,
  type: 'ipv4',
  value: '203.0.113.1',
  kind: 'exact',
  via: 'mirror',
  providers: ['feeds'],
  agent: '001 web',
  ruleId: '5710',
  level: 5,
  description: '',
}

it('keeps the newest matches only', () => {
  const recent = createRecentMatches(3)
  for (let i = 1; i <= 5; i++) recent.add(ROW, `{"n":${i}}`)
  expect(recent.rows().map(({ key }) => key)).toEqual([3, 4, 5])
  expect(recent.after(4).map(({ key }) => key)).toEqual([5])
  expect(recent.record(5)).toBe('{"n":5}')
  expect(recent.record(2)).toBeUndefined()
})

it('keeps fewer matches when their records are large, and the newest in any case', () => {
  const recent = createRecentMatches(100, 1000)
  for (let i = 0; i < 5; i++) recent.add(ROW, 'x'.repeat(400))
  expect(recent.rows()).toHaveLength(2)
  recent.add(ROW, 'x'.repeat(5000))
  expect(recent.rows()).toHaveLength(1)
  recent.add(ROW, 'x'.repeat(400))
  expect(recent.rows()).toHaveLength(1)
})

it('names the most frequent of more names than it has room for', () => {
  const top = createTop(10)
  for (let i = 0; i < 1000; i++) {
    top.add(`rare ${i}`)
    if (i % 2 === 0) top.add('often')
    if (i % 3 === 0) top.add('sometimes')
  }
  const [first, second] = top.list(2)
  expect(first).toMatchObject({ name: 'often' })
  expect(second).toMatchObject({ name: 'sometimes' })
  expect(first?.count).toBeGreaterThanOrEqual(500)
  expect(first?.count).toBeLessThanOrEqual(500 + 1834 / 10)
  const all = top.list(100)
  expect(all).toHaveLength(10)
  // Of Space-Saving: nothing that was counted is forgotten, only by what name.
  expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(1000 + 500 + 334)
})
