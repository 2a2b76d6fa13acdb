import type { MatchedIndicator } from '../core/match.ts'
import { printable } from '../core/text.ts'

/** One indicator in one line: how it matched, its value, who says so, what about. */
export function indicatorLine({ indicator, kind, heldBy }: MatchedIndicator): string {
  const { provider, source, value, composite, ref, title, category, tags, score, validUntil } = indicator
  const parts = [
    `${kind.padEnd(13)} ${composite ?? value}`,
    ref.startsWith(`${source}:`) ? `${provider} ${ref}` : `${provider} ${source}  ${ref}`,
    title,
    category,
    tags.length === 0 ? undefined : `[${tags.join(', ')}]`,
    score === undefined ? undefined : `score ${score}`,
    validUntil === undefined ? undefined : `valid until ${new Date(validUntil).toISOString()}`,
    heldBy === undefined ? undefined : `held back: ${heldBy}`,
  ]
  return printable(parts.filter((part) => part !== undefined && part !== '').join('  '))
}
