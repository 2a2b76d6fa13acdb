import { fold } from '../store/fold.ts'

/** Only a `%` at an end makes a wildcard of an entry; then `_` is one too, and `\` escapes. */
export function isPattern(text: string): boolean {
  return text.startsWith('%') || text.endsWith('%')
}

/** SQL's LIKE under the server's collation. */
export function likePattern(text: string): RegExp {
  const parts = [...text.matchAll(/\\([\s\S])|([%_])|([^\\%_]+|\\$)/g)].map(([, escaped, wild, literal]) => {
    if (wild !== undefined) return wild === '%' ? '[\\s\\S]*' : '[\\s\\S]'
    return (escaped ?? fold(`${literal ?? ''}.`).slice(0, -1)).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('')}$`, 'u')
}

/** Exact, or a wildcard: types, tags and organisations. */
export function textMatcher(text: string): (candidate: string) => boolean {
  if (!isPattern(text)) return (candidate) => candidate === text
  const pattern = likePattern(text)
  return (candidate) => pattern.test(fold(candidate))
}
