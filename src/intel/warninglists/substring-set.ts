import { createExactSet, MAX_TEXT_CHARS } from './exact-set.ts'

/** Texts that may stand anywhere in a value. Upper and lower case are the same. */
export interface SubstringSet {
  /** False: empty or too long. */
  add(text: string): boolean
  trim(): void
  /** `whole`: the value is a text of the set; `part`: it contains one. Only its first `MAX_TEXT_CHARS` are looked at. */
  find(value: string): 'whole' | 'part' | undefined
}

/** Host names have at most 253 characters. Bounds what a list may cost: each length is tried at each place of a value. */
const MAX_ENTRY_CHARS = 255
/** How many characters of a text a filter looks at before texts of each length are compared. */
const HEAD = 4
const FILTER_BITS = 2 ** 20

/** Where in a value a text may begin is told by a filter; then one look-up decides for each length that texts have. */
export function createSubstringSet(): SubstringSet {
  const texts = createExactSet()
  const heads = new Uint8Array(FILTER_BITS / 8)
  const lengths = new Set<number>()

  function mayBegin(value: string, at: number, length: number): boolean {
    const bit = headAt(value, at, Math.min(HEAD, length))
    return ((heads[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0
  }

  return {
    add: (text) => {
      const folded = text.toLowerCase()
      if (folded === '' || folded.length > MAX_ENTRY_CHARS || !texts.add(folded)) return false
      lengths.add(folded.length)
      const bit = headAt(folded, 0, Math.min(HEAD, folded.length))
      heads[bit >>> 3] = (heads[bit >>> 3] ?? 0) | (1 << (bit & 7))
      return true
    },
    trim: () => texts.trim(),
    find: (value) => {
      const folded = value.slice(0, MAX_TEXT_CHARS).toLowerCase()
      if (texts.has(folded)) return 'whole'
      for (const length of lengths) {
        for (let at = 0; at + length <= folded.length; at++) {
          if (mayBegin(folded, at, length) && texts.has(folded.slice(at, at + length))) return 'part'
        }
      }
      return undefined
    },
  }
}

/** A place in the filter for the first characters of a text. */
function headAt(text: string, at: number, length: number): number {
  let hash = length
  for (let i = at; i < at + length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash ^ (hash >>> 15)) & (FILTER_BITS - 1)
}
