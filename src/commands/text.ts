import type { MatchedIndicator } from '../core/match.ts'
import type { Unanswered } from '../pipeline/analyse.ts'
import { printable } from '../core/text.ts'
import type { Policy } from '../pipeline/policy.ts'

/** One indicator in one line: how it matched, its value, who says so, what about, and what speaks against it. */
export function indicatorLine(found: MatchedIndicator, policy: Pick<Policy, 'detail'>): string {
  const { indicator, kind, heldBy, warnings = [], heldByLists = [] } = found
  const onlyTold = warnings.filter((list) => !heldByLists.includes(list))
  const { provider, source, value, composite, ref, title, category, tags, score, validUntil } = indicator
  const parts = [
    `${kind.padEnd(13)} ${composite ?? value}`,
    ref.startsWith(`${source}:`) ? `${provider} ${ref}` : `${provider} ${source}  ${ref}`,
    title,
    category,
    tags.length === 0 ? undefined : `[${tags.join(', ')}]`,
    score === undefined ? undefined : `score ${score}`,
    validUntil === undefined ? undefined : `valid until ${new Date(validUntil).toISOString()}`,
    onlyTold.length === 0 ? undefined : `on warning-lists: ${onlyTold.join('; ')}`,
    heldBy === undefined ? undefined : `held back: ${heldBy}${inBrackets(policy.detail(found))}`,
  ]
  return printable(parts.filter((part) => part !== undefined && part !== '').join('  '))
}

function inBrackets(text: string | undefined): string {
  return text === undefined ? '' : ` (${text})`
}

/** Who did not answer, and why. */
export function unansweredText({ provider, error }: Unanswered): string {
  return `${provider}: ${error?.message ?? 'no answer in time'}`
}
