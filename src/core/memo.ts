/**
 * Remembers what a function gave for the texts it was asked last. Two generations of a Map instead of an LRU list: a hit
 * costs one look-up, which is what the extractor's hot path needs (measured in `bench/`: an LRU took 6 % of a scan).
 * At least `entries` and at most twice as many answers are held; keep the number small, since a text cut out of a longer
 * one keeps that in memory.
 */
export function memoize<Value>(compute: (text: string) => Value, entries: number): (text: string) => Value {
  let young = new Map<string, { readonly value: Value }>()
  let old = young
  return (text) => {
    const known = young.get(text)
    if (known !== undefined) return known.value
    const entry = old.get(text) ?? { value: compute(text) }
    if (young.size >= entries) {
      old = young
      young = new Map()
    }
    young.set(text, entry)
    return entry.value
  }
}
