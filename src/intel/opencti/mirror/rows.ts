import type { ComponentId, Indicator } from '../../../core/indicator.ts'
import type { Refusal } from '../../stix/refusal.ts'
import type { IndicatorNode } from '../client/schema.ts'
import { openCtiIndicator } from '../indicators/indicators.ts'
import { patternValues } from '../indicators/pattern-values.ts'

/** One object of OpenCTI as the copy holds it: an indicator for each value its pattern is found by. */
export interface Row {
  readonly id: string
  readonly stixId: string
  readonly pattern: string
  /** Empty when the pattern matches nothing. */
  readonly indicators: readonly Indicator[]
  /** Why the pattern, or a part of it, matches nothing. */
  readonly refused: readonly Refusal[]
}

export interface RowOptions {
  readonly provider: ComponentId
  readonly webUrl: string
}

export function rowOf(node: IndicatorNode, options: RowOptions): Row {
  const { id, standard_id: stixId = id, pattern = '' } = node
  const { values, refused } = patternValues(pattern)
  const indicators = values.map((value) => openCtiIndicator(node, value, { ...options, found: 'pattern' }))
  return { id, stixId, pattern, indicators, refused }
}

/** The internal id of the object an indicator belongs to. */
export function ownerOf({ context, ref }: Indicator): string {
  return context?.indicator.id ?? ref
}

/** When the object was changed last, as OpenCTI writes it; '' when it does not say. Compares as text. */
export function changedAt({ context }: Indicator): string {
  return context?.indicator.updated_at ?? ''
}
