import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../src/core/ports.ts'
import { manualClock, type ManualClock } from '../support/clock.ts'

export interface StoreFixture {
  open(clock: ManualClock): Promise<Store>
  /** Lets time pass where the store has a clock of its own. */
  pass?(ms: number): Promise<void>
  /** How near to its moment an expiry can be looked at: with a clock of its own, time goes on between two looks. Default 1 ms. */
  readonly nearMs?: number
  /** Called after the store was closed. */
  remove(): Promise<void>
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const HOUR_MS = 3_600_000

export async function keysOf(store: Store, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const [key] of store.scan(prefix)) keys.push(key)
  return keys
}

/** What every Store must do. Runs against each implementation. */
export function storeContract(name: string, createFixture: () => Promise<StoreFixture>): void {
  describe(`store contract: ${name}`, () => {
    let fixture: StoreFixture
    let store: Store
    let clock: ManualClock

    beforeEach(async () => {
      clock = manualClock()
      fixture = await createFixture()
      store = await fixture.open(clock)
    })

    async function pass(ms: number): Promise<void> {
      await clock.advance(ms)
      await fixture.pass?.(ms)
    }

    afterEach(async () => {
      await store.close()
      await fixture.remove()
    })

    it('gives back what was set, the last value wins', async () => {
      expect(await store.get('a')).toBeUndefined()
      await store.set('a', text('one'), HOUR_MS)
      await store.set('a', text('two'), HOUR_MS)
      expect(await store.get('a')).toEqual(text('two'))
    })

    it('keeps binary values, empty values and any key text apart', async () => {
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
      const keys = ['', ' ', 'a', 'a\0', 'ä', '日本', '😀', 'x'.repeat(1899), 'x'.repeat(1900)]
      for (const [i, key] of keys.entries()) await store.set(key, bytes.subarray(0, i), HOUR_MS)
      for (const [i, key] of keys.entries()) expect(await store.get(key)).toEqual(bytes.slice(0, i))
      await store.set('all', bytes, HOUR_MS)
      expect(await store.get('all')).toEqual(bytes)
    })

    it('is not changed by what a caller does with a value before or after', async () => {
      const value = text('abc')
      const written = store.set('a', value, HOUR_MS)
      await written
      value.fill(0)
      const read = await store.get('a')
      read?.fill(1)
      expect(await store.get('a')).toEqual(text('abc'))
    })

    it('takes keys longer than any limit of the storage and never mixes them up', async () => {
      const long = 'k'.repeat(8192)
      await store.set(`${long}1`, text('1'), HOUR_MS)
      await store.set(`${long}2`, text('2'), HOUR_MS)
      expect(await store.get(`${long}1`)).toEqual(text('1'))
      expect(await store.get(long)).toBeUndefined()
      expect((await keysOf(store, long)).toSorted()).toEqual([`${long}1`, `${long}2`])
      expect(await keysOf(store, `${long}2`)).toEqual([`${long}2`])
      await store.delete(`${long}1`)
      expect(await keysOf(store, 'k')).toEqual([`${long}2`])
    })

    it('forgets at the moment of expiry, not before', async () => {
      const near = fixture.nearMs ?? 1
      await store.set('a', text('x'), HOUR_MS)
      await pass(HOUR_MS - near)
      expect(await store.get('a')).toBeDefined()
      await pass(near)
      expect(await store.get('a')).toBeUndefined()
      expect(await keysOf(store, '')).toEqual([])
    })

    it('keeps for ever with an infinite time to live, and nothing with none', async () => {
      await store.set('ever', text('x'), Infinity)
      await store.set('never', text('x'), 0)
      await store.set('negative', text('x'), -5)
      await pass(100 * 365 * 24 * HOUR_MS)
      expect(await keysOf(store, '')).toEqual(['ever'])
    })

    it('gives a claim to exactly one of many callers', async () => {
      const answers = await Promise.all(Array.from({ length: 200 }, () => store.claim('c', HOUR_MS)))
      expect(answers.filter(Boolean)).toHaveLength(1)
      expect(await store.claim('c', HOUR_MS)).toBe(false)
    })

    it('gives an expired claim again, to exactly one', async () => {
      expect(await store.claim('c', 1000)).toBe(true)
      await pass(1000)
      const answers = await Promise.all(Array.from({ length: 50 }, () => store.claim('c', 1000)))
      expect(answers.filter(Boolean)).toHaveLength(1)
    })

    it('gives a deleted claim again, and set extends one', async () => {
      await store.claim('c', 1000)
      await store.delete('c')
      await store.delete('absent')
      expect(await store.claim('c', 1000)).toBe(true)
      await store.set('c', text('confirmed'), HOUR_MS)
      await pass(2000)
      expect(await store.claim('c', 1000)).toBe(false)
      expect(await store.get('c')).toEqual(text('confirmed'))
    })

    it('answers many different claims made at once', async () => {
      const keys = Array.from({ length: 256 }, (_, i) => `claim:${i}`)
      const first = await Promise.all(keys.map((key) => store.claim(key, HOUR_MS)))
      const second = await Promise.all(keys.map((key) => store.claim(key, HOUR_MS)))
      expect(first.every(Boolean)).toBe(true)
      expect(second.some(Boolean)).toBe(false)
    })

    it('scans live keys of a prefix in key order, over many pages', async () => {
      const keys = Array.from({ length: 1200 }, (_, i) => `p:${String(i).padStart(5, '0')}`)
      await Promise.all(keys.toReversed().map((key) => store.set(key, text(key), HOUR_MS)))
      await Promise.all(['o', 'p', 'p;', 'q:1'].map((key) => store.set(key, text(key), HOUR_MS)))
      await store.set('p:gone', text('x'), 1000)
      await pass(1000)
      expect(await keysOf(store, 'p:')).toEqual(keys)
      expect(await keysOf(store, 'p:0000')).toEqual(keys.slice(0, 10))
      expect(await keysOf(store, 'zzz')).toEqual([])
      expect([await store.count('p:'), await store.count('p:0000'), await store.count('zzz')]).toEqual([
        1200, 10, 0,
      ])
    })

    it('orders keys by their UTF-8 bytes', async () => {
      for (const key of ['\u{1F600}', '\uFFFD', 'z', 'ä', 'A']) await store.set(key, text(''), HOUR_MS)
      expect(await keysOf(store, '')).toEqual(['A', 'z', 'ä', '\uFFFD', '\u{1F600}'])
    })

    it('lets the caller delete while scanning', async () => {
      for (let i = 0; i < 600; i++) await store.set(`d:${i}`, text(''), HOUR_MS)
      for await (const [key] of store.scan('d:')) await store.delete(key)
      expect(await keysOf(store, 'd:')).toEqual([])
    })

    it('loses no claim when the clock is set back, and makes none immortal', async () => {
      expect(await store.claim('c', HOUR_MS)).toBe(true)
      await store.set('v', text('x'), HOUR_MS)
      clock.step(-365 * 24 * HOUR_MS)
      expect(await store.claim('c', HOUR_MS)).toBe(false)
      expect(await store.get('v')).toEqual(text('x'))
      // A write lets queued housekeeping through before time moves on.
      await store.set('other', text(''), 1)
      await pass(HOUR_MS)
      expect(await store.claim('c', HOUR_MS)).toBe(true)
      expect(await store.get('v')).toBeUndefined()
    })
  })
}
