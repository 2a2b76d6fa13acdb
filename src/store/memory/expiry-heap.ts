export interface Expiry {
  readonly key: string
  readonly expiresAt: number
}

/** A binary min-heap of keys by expiry. Overwritten keys leave stale items behind; the owner recognises them. */
export interface ExpiryHeap {
  push(expiresAt: number, key: string): void
  peek(): Expiry | undefined
  pop(): void
  size(): number
  rebuild(items: Expiry[]): void
}

export function createExpiryHeap(): ExpiryHeap {
  let heap: Expiry[] = []

  function at(index: number): number {
    return heap[index]?.expiresAt ?? Infinity
  }

  function swap(left: number, right: number): void {
    const [a, b] = [heap[left], heap[right]]
    if (a === undefined || b === undefined) return
    heap[left] = b
    heap[right] = a
  }

  function siftUp(start: number): void {
    for (let i = start; i > 0;) {
      const parent = (i - 1) >> 1
      if (at(parent) <= at(i)) return
      swap(i, parent)
      i = parent
    }
  }

  function siftDown(): void {
    for (let i = 0; ;) {
      const left = 2 * i + 1
      const least = at(left + 1) < at(left) ? left + 1 : left
      if (least >= heap.length || at(i) <= at(least)) return
      swap(i, least)
      i = least
    }
  }

  return {
    push: (expiresAt, key) => {
      heap.push({ key, expiresAt })
      siftUp(heap.length - 1)
    },
    peek: () => heap[0],
    pop: () => {
      const last = heap.pop()
      if (last === undefined || heap.length === 0) return
      heap[0] = last
      siftDown()
    },
    size: () => heap.length,
    rebuild: (items) => {
      // A sorted list is a heap.
      heap = items.toSorted((a, b) => a.expiresAt - b.expiresAt)
    },
  }
}
