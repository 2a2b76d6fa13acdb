import { expect, it } from 'vitest'
import { manualClock } from '../../../test/support/clock.ts'
import { createMemoryStore } from '../../store/memory/memory.ts'
import { createStoredCount } from './stored-count.ts'

async function setUp(max: number, before: number) {
  const clock = manualClock()
  const store = createMemoryStore({ clock, maxEntries: 10_000 })
  const write = (number: number): Promise<void> =>
    store.set(`lookup/misp/${number}`, new Uint8Array(1), 60_000)
  for (let number = 0; number < before; number++) await write(number)
  await store.set('lookup/other/1', new Uint8Array(1), 60_000)
  return { clock, count: createStoredCount({ store, prefix: 'lookup/misp/', max, clock }) }
}

it('admits as many entries as there is room for beside those of an earlier process', async () => {
  const { count } = await setUp(5, 3)
  expect(count.admits()).toBe(true)
  await count.idle()
  expect([count.admits(), count.admits()]).toEqual([true, false])
})

it('counts anew at the bound, after a while: the store has forgotten some', async () => {
  const { clock, count } = await setUp(4, 3)
  count.admits()
  await count.idle()
  expect(count.admits()).toBe(false)
  await clock.advance(599_999)
  expect(count.admits()).toBe(false)
  await count.idle()
  expect(count.admits()).toBe(false)
  await clock.advance(1)
  // The counting begins with this one.
  expect(count.admits()).toBe(false)
  await count.idle()
  expect([count.admits(), count.admits(), count.admits(), count.admits(), count.admits()]).toEqual([
    true,
    true,
    true,
    true,
    false,
  ])
})
