import { OBSERVABLE_TYPES, type ObservableType } from '../core/observable.ts'

/**
 * A 64-bit hash of (type, canonical value), as two 32-bit lanes. Fed with char codes; canonical values are ASCII, so
 * it equals the hash over the value's UTF-8 bytes, which a byte-level prefilter can compute straight from its buffer.
 * Not cryptographic: an equal hash is a candidate, never a match.
 *
 * Incremental and without allocation: `begin`, then `add` as often as needed, then `finish`, which leaves the state
 * as it is, so that every prefix of a value can be hashed in one pass.
 */
export interface KeyHash {
  begin(type: ObservableType): void
  /** The characters from `start` up to `end`. */
  add(text: string, start: number, end: number): void
  /** Writes the low lane to `out[0]` and the high lane to `out[1]`. */
  finish(out: Uint32Array): void
}

const TYPE_SEED = Object.fromEntries(OBSERVABLE_TYPES.map((type, i) => [type, Math.imul(i + 1, 0x9e3779b1)]))

/** Odd constants with well-spread bits; the last two and the shifts are the finaliser of MurmurHash3 (32 bit). */
const STEP_LOW = 0x85ebca77
const STEP_HIGH = 0xc2b2ae3d
const MIX_1 = 0x85ebca6b
const MIX_2 = 0xc2b2ae35

export function createKeyHash(): KeyHash {
  let low = 0
  let high = 0
  return {
    begin: (type) => {
      low = TYPE_SEED[type] ?? 0
      high = ~low
    },
    add: (text, start, end) => {
      let l = low
      let h = high
      for (let i = start; i < end; i++) {
        const code = text.charCodeAt(i)
        l = Math.imul(l ^ code, STEP_LOW)
        l ^= l >>> 15
        h = Math.imul(h ^ code, STEP_HIGH)
        h ^= h >>> 13
      }
      low = l
      high = h
    },
    finish: (out) => {
      out[0] = mix(low ^ (high >>> 16))
      out[1] = mix(high ^ Math.imul(low, STEP_HIGH))
    },
  }
}

function mix(lane: number): number {
  let mixed = Math.imul(lane ^ (lane >>> 16), MIX_1)
  mixed = Math.imul(mixed ^ (mixed >>> 13), MIX_2)
  return mixed ^ (mixed >>> 16)
}
