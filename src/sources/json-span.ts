const [QUOTE, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d]

/**
 * Offset after the bracket that closes the `{` or `[` at `start`, brackets in strings not counted; -1 when there is none before
 * `end`, or no bracket at `start`. Looks at each byte once, keeps no stack, and judges nothing between the brackets.
 */
export function valueEnd(bytes: Buffer, start: number, end = bytes.length): number {
  if (bytes[start] !== OPEN && bytes[start] !== OPEN_LIST) return -1
  let depth = 0
  let inString = false
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]
    if (inString) {
      if (byte === BACKSLASH) at += 1
      else if (byte === QUOTE) inString = false
    } else if (byte === QUOTE) inString = true
    else if (byte === OPEN || byte === OPEN_LIST) depth += 1
    else if (byte === CLOSE || byte === CLOSE_LIST) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return -1
}
