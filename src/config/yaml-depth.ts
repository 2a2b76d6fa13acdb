/** The parser recurses; at the end of the stack V8 may abort the process instead of throwing (seen with Node 20). */
const MAX_DEPTH = 200

/**
 * Offset where a text is nested deeper than anyone writes, or undefined. Judged from the bare characters, quotes and
 * comments included: open brackets, indentation, and `- - -` or `? ? ?` at the beginning of a line.
 */
export function tooDeepAt(text: string): number | undefined {
  let brackets = 0
  let offset = 0
  for (const line of text.split('\n')) {
    const lead = /^[ ?-]*/.exec(line)?.[0].length ?? 0
    if (lead > MAX_DEPTH && line.trim() !== '') return offset
    for (let at = 0; at < line.length; at++) {
      const char = line[at]
      if (char === '[' || char === '{') brackets++
      else if (char === ']' || char === '}') brackets = Math.max(0, brackets - 1)
      if (brackets > MAX_DEPTH) return offset + at
    }
    offset += line.length + 1
  }
  return undefined
}
