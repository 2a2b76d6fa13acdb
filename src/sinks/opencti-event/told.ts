import type { Match, MatchedIndicator } from '../../core/match.ts'
import type { OpenCtiContext, OpenCtiObservable, OpenCtiRelated } from '../../core/opencti.ts'

/** An indicator of OpenCTI that applies to an alert, with the match it stands in. */
export interface Told {
  readonly match: Match
  readonly entry: MatchedIndicator
  readonly context: OpenCtiContext
}

/** The context of an indicator that events in OpenCTI's form can tell; what lacks a part of it is told in the other form. */
export function openCtiContext({ indicator }: MatchedIndicator): OpenCtiContext | undefined {
  const { context } = indicator
  if (context === undefined || context.found === 'pattern') return context
  if (context.observable === undefined) return undefined
  return context.found === 'related' && context.related === undefined ? undefined : context
}

/** Of the matches of one alert, in their order. */
export function toldIndicators(matches: readonly Match[]): readonly Told[] {
  return matches.flatMap((match) =>
    match.indicators.flatMap((entry) => {
      const context = openCtiContext(entry)
      return context === undefined ? [] : [{ match, entry, context }]
    }),
  )
}

export function indicatorId({ context }: Told): string {
  return context.indicator.id
}

/** Whether it raises an event: it counts in full, or the policy has it reported all the same. */
export function counts({ heldBy, flagged }: MatchedIndicator): boolean {
  return heldBy === undefined || flagged === true
}

/** Of `observable` and `related`. */
export function observableOf({ context }: Told): OpenCtiObservable | undefined {
  return context.found === 'pattern' ? undefined : context.observable
}

export function relatedOf({ context }: Told): OpenCtiRelated | undefined {
  return context.found === 'related' ? context.related : undefined
}
