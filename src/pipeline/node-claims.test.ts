import { describe, expect, it } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import { createMemoryStore } from '../store/memory/memory.ts'
import { createNodeClaims } from './node-claims.ts'

const never = new AbortController().signal
const unreported = async () => false

describe('claims of nodes', () => {
  it('give a match to one of two nodes, and tell the other when it was reported', async () => {
    const clock = manualClock()
    const store = createMemoryStore({ clock, maxEntries: 100 })
    const [one, two] = [createNodeClaims(store, clock, never), createNodeClaims(store, clock, never)]
    let reported = false
    const isReported = async () => reported
    expect(await one.isTaken('a', isReported)).toBe(false)
    const second = two.isTaken('a', isReported)
    reported = true
    expect(await second).toBe(true)
    await one.release('a')
    expect(await two.isTaken('a', isReported)).toBe(true)
  })

  it('of a node that died while it reported come to another one after half a minute', async () => {
    const clock = manualClock()
    const store = createMemoryStore({ clock, maxEntries: 100 })
    await createNodeClaims(store, clock, never).isTaken('a', unreported)
    let taken: boolean | undefined
    const waiting = (async () => {
      taken = await createNodeClaims(store, clock, never).isTaken('a', unreported)
    })()
    for (let passed = 0; passed < 29_900; passed += 100) await clock.advance(100)
    expect(taken).toBeUndefined()
    await clock.advance(200)
    await clock.advance(200)
    await waiting
    expect(taken).toBe(false)
  })

  it('are not waited for long when Tripline stops: twice is better than never', async () => {
    const clock = manualClock()
    const store = createMemoryStore({ clock, maxEntries: 100 })
    const stop = new AbortController()
    await createNodeClaims(store, clock, never).isTaken('a', unreported)
    const waiting = createNodeClaims(store, clock, stop.signal).isTaken('a', unreported)
    stop.abort()
    for (let passed = 0; passed <= 2200; passed += 100) await clock.advance(100)
    expect(await waiting).toBe(false)
  })

  it('are not waited for longer when there are many: a stop has one deadline', async () => {
    const clock = manualClock()
    const store = createMemoryStore({ clock, maxEntries: 100 })
    const stop = new AbortController()
    const keys = ['a', 'b', 'c']
    for (const key of keys) await createNodeClaims(store, clock, never).isTaken(key, unreported)
    const claims = createNodeClaims(store, clock, stop.signal)
    stop.abort()
    const ended: boolean[] = []
    const waiting = (async () => {
      for (const key of keys) ended.push(await claims.isTaken(key, unreported))
    })()
    for (let passed = 0; passed <= 2200; passed += 100) await clock.advance(100)
    expect(ended).toEqual([false, false, false])
    await waiting
  })
})
