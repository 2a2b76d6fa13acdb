import { describe, expect, it } from 'vitest'
import type { MispEventHead } from '../api.ts'
import { isSuspiciouslyShort, planDelta, planReconcile } from './plan.ts'

function head(uuid: string, timestamp: number, published = true): MispEventHead {
  return { id: uuid, uuid, timestamp, published }
}

const known = new Map([
  ['same', { timestamp: 10, indicators: 1 }],
  ['changed', { timestamp: 10, indicators: 1 }],
  ['held', { timestamp: 10, indicators: 1, unpublishedSince: 5000 }],
])
const options = { published: true, publishedAnew: new Set<string>(), now: 6000, graceMs: 1000 }
const uuids = (heads: readonly MispEventHead[]): readonly string[] => heads.map(({ uuid }) => uuid)

describe('a delta', () => {
  it('fetches new and changed events that are published, newest first, and removes nothing', () => {
    const listed = [
      head('same', 10),
      head('changed', 11),
      head('new', 12),
      // Published, and edited since.
      head('edited', 13, false),
    ]
    const plan = planDelta(listed, known, options)
    expect(uuids(plan.fetch)).toEqual(['new', 'changed'])
    expect(plan.remove).toEqual([])
    expect([...plan.unpublished]).toEqual([])
  })

  it('sees an event published again, changed or not', () => {
    expect(planDelta([head('held', 10)], known, options)).toMatchObject({
      fetch: [],
      unpublished: new Map([['held', undefined]]),
    })
    expect(uuids(planDelta([head('held', 11)], known, options).fetch)).toEqual(['held'])
  })
})

it('fetches after the changed ones what was published anew with the timestamp it had', () => {
  const listed = [head('same', 10), head('draft', 10, false), head('changed', 9)]
  const anew = { ...options, publishedAnew: new Set(['same', 'draft', 'elsewhere']) }
  expect(uuids(planDelta(listed, known, anew).fetch)).toEqual(['changed', 'same'])
  expect(uuids(planReconcile(listed, known, anew).fetch)).toEqual(['changed', 'same'])
})

describe('a comparison with all events', () => {
  const all = [head('same', 10), head('changed', 10), head('held', 10, false)]

  it('removes what is not listed, and nothing else', () => {
    expect(planReconcile(all, known, options)).toEqual({ fetch: [], remove: [], unpublished: new Map() })
    expect(planReconcile(all.slice(1), known, options).remove).toEqual(['same'])
  })

  it('holds an unpublished event for its time of grace, from when it was seen first', () => {
    const listed = [...all, head('never had', 3, false)]
    const edited = listed.map((each) => (each.uuid === 'same' ? head('same', 99, false) : each))
    expect(planReconcile(edited, known, options)).toEqual({
      fetch: [],
      remove: [],
      unpublished: new Map([['same', 6000]]),
    })
    expect(planReconcile(all, known, { ...options, now: 6001 }).remove).toEqual(['held'])
    expect(planReconcile(edited, known, { ...options, graceMs: 0 }).remove).toEqual(['same', 'held'])
  })

  it('takes unpublished events for what they are when the settings want all', () => {
    const plan = planReconcile([head('held', 11, false)], known, { ...options, published: false })
    expect(uuids(plan.fetch)).toEqual(['held'])
    expect(plan.unpublished).toEqual(new Map([['held', undefined]]))
  })
})

it.each([
  [0, 0, false],
  [0, 1, true],
  [5, 10, false],
  [4, 10, true],
  [20, 10, false],
])('a list of %i events where %i were known is suspicious: %s', (listed, had, suspicious) => {
  expect(isSuspiciouslyShort(listed, had)).toBe(suspicious)
})
