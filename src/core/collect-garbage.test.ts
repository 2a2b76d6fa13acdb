import { describe, expect, it } from 'vitest'
import { garbageCollector } from './collect-garbage.ts'

describe('garbageCollector', () => {
  it('frees what nobody holds, and keeps what somebody does', async () => {
    const held = { text: 'held' }
    const references = [new WeakRef(held), new WeakRef({ text: 'forgotten' })]
    // A WeakRef keeps its target until the end of the turn (ECMA-262, KeepDuringJob).
    await new Promise(setImmediate)
    garbageCollector()?.()
    expect(references.map((reference) => reference.deref()?.text)).toEqual([held.text, undefined])
  })
})
