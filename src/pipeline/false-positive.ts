import type { PolicyConfig } from './config.ts'

type Setting = PolicyConfig['falsePositiveRisk']

/**
 * What each setting holds back, of the taxonomy `false-positive`, version 7. It gives a risk that cannot be judged the
 * same number as a high one, 25; as a setting it comes between high and medium.
 */
const HELD: Readonly<Record<Exclude<Setting, 'off'>, readonly string[]>> = {
  high: ['high'],
  'cannot-be-judged': ['high', 'cannot-be-judged'],
  medium: ['high', 'cannot-be-judged', 'medium'],
  low: ['high', 'cannot-be-judged', 'medium', 'low'],
}

/** The tag for which an indicator is held back; undefined when there is none. */
export type RiskOf = (tags: readonly string[]) => string | undefined

/** A confirmed false positive is one, whatever the risk. */
export function createRiskOf(setting: Setting): RiskOf {
  if (setting === 'off') return () => undefined
  const held = new Set(['false-positive:confirmed="true"', ...HELD[setting].map(riskTag)])
  return (tags) => tags.find((tag) => held.has(tag.trim().toLowerCase()))
}

function riskTag(level: string): string {
  return `false-positive:risk="${level}"`
}
