/** 32-bit hash of a folded text. Collisions are rare and harmless: whoever asks compares the row itself. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) | 0
}

export interface ValueIndex {
  add(folded: string, row: number): void
  /** Rows that may hold the value, in order of entry. Rows that are gone since stay in: compare them. */
  find(folded: string): number[]
}

/** Hash table of row numbers in typed arrays: about 20 bytes a row, so that a million rows stay in 40 MB. */
export function createValueIndex(): ValueIndex {
  let heads = new Int32Array(1 << 10).fill(-1)
  let hashes = new Int32Array(1 << 10)
  let rows = new Int32Array(1 << 10)
  let next = new Int32Array(1 << 10)
  let size = 0

  const grow = (): void => {
    hashes = doubled(hashes)
    rows = doubled(rows)
    next = doubled(next)
    heads = new Int32Array(hashes.length).fill(-1)
    for (let entry = 0; entry < size; entry += 1) link(entry)
  }
  const link = (entry: number): void => {
    const bucket = (hashes[entry] ?? 0) & (heads.length - 1)
    next[entry] = heads[bucket] ?? -1
    heads[bucket] = entry
  }
  return {
    add: (folded, row) => {
      if (size === hashes.length) grow()
      hashes[size] = hashText(folded)
      rows[size] = row
      link(size)
      size += 1
    },
    find: (folded) => {
      const hash = hashText(folded)
      const found: number[] = []
      for (let entry = heads[hash & (heads.length - 1)] ?? -1; entry >= 0; entry = next[entry] ?? -1) {
        if (hashes[entry] === hash) found.push(rows[entry] ?? 0)
      }
      return found.toReversed()
    },
  }
}

export function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const bigger = new Int32Array(array.length * 2)
  bigger.set(array)
  return bigger
}
