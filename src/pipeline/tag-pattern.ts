/** Says whether a tag fits one of some patterns. */
export type TagTest = (tag: string) => boolean

/** `*` stands for any text, also none; upper and lower case are the same, as MISP 2.5 has it (MISP#11114). */
export function createTagTest(patterns: readonly string[]): TagTest {
  const tests = patterns.map((pattern) => globTest(pattern.trim().toLowerCase()))
  return (tag) => {
    const folded = tag.trim().toLowerCase()
    return tests.some((test) => test(folded))
  }
}

/** The first place for each part is as good as any: no way back, whatever the pattern. */
function globTest(pattern: string): TagTest {
  const [head = '', ...parts] = pattern.split('*')
  const tail = parts.pop()
  if (tail === undefined) return (tag) => tag === pattern
  return (tag) => {
    if (!tag.startsWith(head) || tag.length < head.length + tail.length || !tag.endsWith(tail)) return false
    let at = head.length
    for (const part of parts) {
      const found = tag.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return at <= tag.length - tail.length
  }
}
