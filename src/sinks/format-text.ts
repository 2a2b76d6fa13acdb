import type { Match } from '../core/match.ts'
import { printable } from '../core/text.ts'
import { bodyObject, bodyText } from './record.ts'

const MAX_WORD = 64
const MAX_VALUE = 256
const MAX_TITLE = 120

/** A value that may hold blanks, in quotes. */
function quoted(text: string, max: number): string {
  return `"${printable(text, max).replaceAll('"', "'")}"`
}

function word(text: string, max = MAX_WORD): string {
  const shown = printable(text, max)
  return shown === '' || /[\s"=]/.test(shown) ? quoted(text, max) : shown
}

/**
 * One line for a person, without the line end, every part of it clipped: when, how, what, where, who says so. Safe
 * for a terminal: nothing that came from outside is obeyed by it. Not for machines: it may change in any release.
 */
export function formatMatchText(match: Match): string {
  const { alert, observable, indicators } = match
  const [{ indicator }] = indicators
  const description = bodyText(bodyObject(alert, 'rule'), 'description')
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
    ...(indicator.score === undefined ? [] : [`score=${indicator.score}`]),
    ...(indicators.length > 1 ? [`indicators=${indicators.length}`] : []),
    ...(match.repeats > 0 ? [`repeats=${match.repeats}`] : []),
    ...(match.suppressedBy.length > 0 ? [`held=${match.suppressedBy.join(',')}`] : []),
  ].join(' ')
}
