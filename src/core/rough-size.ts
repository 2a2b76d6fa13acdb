/** What an object takes beside its values, and a number or flag: measured with V8 of Node 20, about. */
const OBJECT_BYTES = 32
const VALUE_BYTES = 8

/**
 * About how many bytes of memory a value holds, for bounds. Each object counts once; nesting may be as deep as it likes.
 * Strings count two bytes a character at most.
 */
export function roughSize(value: unknown): number {
  const seen = new Set<object>()
  const open: unknown[] = [value]
  let bytes = 0
  for (let next = open.pop(); next !== undefined || open.length > 0; next = open.pop()) {
    if (typeof next === 'string') bytes += 2 * next.length
    else if (typeof next !== 'object' || next === null) bytes += VALUE_BYTES
    else if (!seen.has(next)) {
      seen.add(next)
      bytes += OBJECT_BYTES
      // Keys are shared between objects of one shape.
      for (const part of Object.values(next)) open.push(part)
    }
  }
  return bytes
}
