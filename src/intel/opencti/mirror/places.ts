import { createKeyHash } from '../../../canonical/key-hash.ts'
import { createShardedKeys } from '../../mirror/sharded-keys.ts'

/**
 * Units are the 16,384 parts of the STIX ids: a change of one indicator writes some sixty others of a million anew. A full load
 * comes in the order of these ids, so that it fills one unit after the other.
 */
const UNIT_BITS = 14
const UNIT_DIGITS = 4

/** `indicator--8752eb5f-…` → `21d4`: the first bits of the UUID, as text in the same order. */
export function unitOf(stixId: string): string {
  const start = stixId.indexOf('--') + 2
  const digits = stixId.slice(start, start + UNIT_DIGITS)
  const bits = /^[0-9a-f]{4}$/i.test(digits) ? Number.parseInt(digits, 16) : hashed(stixId)
  return (bits >>> (16 - UNIT_BITS)).toString(16).padStart(UNIT_DIGITS, '0')
}

function hashed(text: string): number {
  const key = new Uint32Array(2)
  hashTo(key, text)
  return (key[0] ?? 0) & 0xffff
}

/** In which units an object may lie, by its internal id. It may have moved: an edit of its pattern changes its STIX id. */
export interface Places {
  add(id: string, unit: string): void
  /** May name units it has left, and, by a collision, some it never was in. */
  of(id: string): readonly string[]
}

/** 12 bytes an object. */
export function createPlaces(): Places {
  const keys = createShardedKeys({ set: () => undefined, isLive: () => true, isDead: () => false })
  const key = new Uint32Array(2)
  return {
    add: (id, unit) => {
      const number = Number.parseInt(unit, 16)
      let isKnown = false
      hashTo(key, id)
      keys.each(key, (known) => {
        isKnown ||= known === number
      })
      if (!isKnown) keys.add(key, number)
    },
    of: (id) => {
      const units = new Set<number>()
      hashTo(key, id)
      keys.each(key, (unit) => units.add(unit))
      return [...units].map((unit) => unit.toString(16).padStart(UNIT_DIGITS, '0'))
    },
  }
}

const hash = createKeyHash()

function hashTo(key: Uint32Array, text: string): void {
  hash.begin('domain')
  hash.add(text, 0, text.length)
  hash.finish(key)
}
