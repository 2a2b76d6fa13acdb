import type { ComponentId, Indicator } from '../../../core/indicator.ts'
import type { IndicatorNode } from '../client/schema.ts'
import { openCtiIndicator } from '../indicators/indicators.ts'
import { patternValues } from '../indicators/pattern-values.ts'

/** One object of OpenCTI as the copy holds it: an indicator for each value its pattern is found by. */
export type Row =
  | { readonly id: string; readonly stixId: string; readonly indicators: readonly Indicator[] }
  | { readonly id: string; readonly stixId: string; readonly reason: string; readonly pattern: string }

export interface RowOptions {
  readonly provider: ComponentId
  readonly webUrl: string
}

export function rowOf(node: IndicatorNode, options: RowOptions): Row {
  const { id, standard_id: stixId = id, pattern = '' } = node
  const found = patternValues(pattern)
  if ('reason' in found) return { id, stixId, reason: found.reason, pattern }
  return {
    id,
    stixId,
    indicators: found.values.map((value) => openCtiIndicator(node, value, { ...options, found: 'pattern' })),
  }
}

/** The internal id of the object an indicator belongs to. */
export function ownerOf({ context, ref }: Indicator): string {
  return context?.indicator.id ?? ref
}

/** When the object was changed last, as OpenCTI writes it; '' when it does not say. Compares as text. */
export function changedAt({ context }: Indicator): string {
  return context?.indicator.updated_at ?? ''
}
