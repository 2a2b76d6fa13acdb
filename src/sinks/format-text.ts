import type { Match } from '../core/match.ts'
import { printable } from '../core/text.ts'
import { leadOf, ruleDescription } from './record.ts'
import { isoTime } from './times.ts'

const MAX_WORD = 64
const MAX_VALUE = 256
const MAX_TITLE = 120
const MAX_LISTED = 3

/** A value that may hold blanks, in quotes. */
function quoted(text: string, max: number): string {
  return `"${printable(text, max).replaceAll('"', "'")}"`
}

function word(text: string, max = MAX_WORD): string {
  const shown = printable(text, max)
  return shown === '' || /[\s"=]/.test(shown) ? quoted(text, max) : shown
}

function listed(name: string, list: readonly string[] = []): readonly string[] {
  const more = list.length > MAX_LISTED ? ', …' : ''
  return list.length === 0 ? [] : [`${name}=${word(list.slice(0, MAX_LISTED).join(', ') + more, MAX_TITLE)}`]
}

/**
 * One line for a person, without the line end, every part of it clipped: when, how, what, where, who says so. Safe
 * for a terminal: nothing that came from outside is obeyed by it. Not for machines: it may change in any release.
 */
export function formatMatchText(match: Match): string {
  const { alert, observable, indicators } = match
  const { indicator, warnings } = leadOf(match)
  const description = ruleDescription(alert)
  return [
    new Date(match.matchedAt).toISOString(),
    match.kind,
    observable.type,
    word(observable.value, MAX_VALUE),
    `agent=${word(alert.agent.id)}`,
    ...(alert.agent.name === '' ? [] : [`name=${word(alert.agent.name)}`]),
    `rule=${word(alert.ruleId)}`,
    `level=${alert.level}`,
    ...(description === undefined ? [] : [`description=${quoted(description, MAX_TITLE)}`]),
    `provider=${word(indicator.provider)}`,
    `source=${word(indicator.source, MAX_TITLE)}`,
    ...(indicator.value === observable.value ? [] : [`indicator=${word(indicator.value, MAX_VALUE)}`]),
    ...(indicator.title === undefined ? [] : [`title=${quoted(indicator.title, MAX_TITLE)}`]),
    ...(indicator.organisation === undefined ? [] : [`org=${word(indicator.organisation)}`]),
    ...(indicator.threatLevel === undefined ? [] : [`threat=${word(indicator.threatLevel)}`]),
    ...listed('actors', indicator.threatActors),
    ...(indicator.score === undefined ? [] : [`score=${indicator.score}`]),
    ...listed('lists', warnings),
    ...(indicators.length > 1 ? [`indicators=${indicators.length}`] : []),
    ...(match.stale === true ? ['stale'] : []),
    ...(match.delayedSince === undefined
      ? []
      : [`delayed-since=${isoTime(match.delayedSince) ?? 'unknown'}`]),
    ...(match.repeats > 0 ? [`repeats=${match.repeats}`] : []),
    ...(match.suppressedBy.length > 0 ? [`held=${match.suppressedBy.join(',')}`] : []),
  ].join(' ')
}
