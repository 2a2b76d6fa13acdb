import { randomInt } from 'node:crypto'

/**
 * Many short texts in little memory: their UTF-8 bytes one after the other in one buffer, and a table of their places with
 * open addressing and linear probing. Compared byte by byte, so nothing is found that was not added. A million host
 * names or digests take some 40 MB (`bench/warninglists.ts`), half of what a `Set` of them takes.
 */
export interface ExactSet {
  /** Texts of more than `MAX_TEXT_CHARS` are not taken: false. */
  add(text: string): boolean
  has(text: string): boolean
  readonly size: number
  /** Gives room back that further texts would have taken. */
  trim(): void
}

/** The longest text a list entry may have; a URL of an alert may be longer and stands on no list then. */
export const MAX_TEXT_CHARS = 2048
/** UTF-8 takes at most 3 bytes a UTF-16 unit. */
const MAX_TEXT_BYTES = 3 * MAX_TEXT_CHARS
/** Two bytes before each text: how many follow, and whether they are digits of a digest, two in a byte. */
const HEAD_BYTES = 2
const DIGITS = 0x8000
const MIN_SLOTS = 16
const MIN_BYTES = 1024
const MAX_LOAD = 0.75

/** Not the same in every process: a list made by somebody cannot aim its entries at one slot. */
const SEED = randomInt(2 ** 32 - 1)

/** Head and bytes of the text that is asked for or added; every call writes its own first. */
const scratch = Buffer.alloc(HEAD_BYTES + MAX_TEXT_BYTES)

export function createExactSet(): ExactSet {
  let bytes: Buffer = Buffer.alloc(MIN_BYTES)
  let used = 0
  /** Place of an entry plus one; 0 is free. */
  let slots = new Uint32Array(MIN_SLOTS)
  let size = 0

  /** The slot of what is in `scratch`, or the free one where it belongs. */
  function seek(length: number): number {
    const mask = slots.length - 1
    let slot = hashOf(scratch, 0, length) & mask
    for (let place = slots[slot] ?? 0; place !== 0; place = slots[slot] ?? 0) {
      if (isAsked(bytes, place - 1, length)) return slot
      slot = (slot + 1) & mask
    }
    return slot
  }

  function grow(): void {
    slots = new Uint32Array(2 * slots.length)
    const mask = slots.length - 1
    let length = 0
    for (let at = 0; at < used; at += length) {
      length = HEAD_BYTES + (bytes.readUInt16LE(at) & ~DIGITS)
      let slot = hashOf(bytes, at, length) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = at + 1
    }
  }

  return {
    add: (text) => {
      if (text.length > MAX_TEXT_CHARS) return false
      const length = writeAsked(text)
      if (size >= slots.length * MAX_LOAD) grow()
      const slot = seek(length)
      if (slots[slot] !== 0) return true
      const end = used + length
      if (end > bytes.length) bytes = resized(bytes, Math.max(end, Math.ceil(bytes.length * 1.5)), used)
      scratch.copy(bytes, used, 0, length)
      slots[slot] = used + 1
      used = end
      size += 1
      return true
    },
    has: (text) => text.length <= MAX_TEXT_CHARS && slots[seek(writeAsked(text))] !== 0,
    get size() {
      return size
    },
    trim: () => {
      bytes = resized(bytes, used, used)
    },
  }
}

/** As long as the digests that are observables. */
const DIGEST = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/

/** Writes a text into `scratch`; gives the number of bytes, head and all. */
function writeAsked(text: string): number {
  const isDigest = DIGEST.test(text)
  const length = scratch.write(text, HEAD_BYTES, isDigest ? 'hex' : 'utf8')
  scratch.writeUInt16LE(isDigest ? length | DIGITS : length)
  return HEAD_BYTES + length
}

/** Whether what is in `scratch` stands at `start`. */
function isAsked(bytes: Buffer, start: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[start + i] !== scratch[i]) return false
  return true
}

function resized(bytes: Buffer, length: number, used: number): Buffer {
  const fresh = Buffer.alloc(length)
  bytes.copy(fresh, 0, 0, used)
  return fresh
}

/** FNV-1a with a seed, finished as MurmurHash3 is. */
function hashOf(bytes: Buffer, start: number, length: number): number {
  let hash = SEED
  for (let i = start; i < start + length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
