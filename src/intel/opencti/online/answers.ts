import { indicatorValues } from '../../../canonical/indicator-value.ts'
import type { MatchedIndicator } from '../../../core/match.ts'
import { observableKey, type Observable, type ObservableKey } from '../../../core/observable.ts'
import type { OpenCtiRelated } from '../../../core/opencti.ts'
import { defined } from '../../../core/defined.ts'
import type { OpenCtiDrop } from '../../../telemetry/events/opencti.ts'
import type { LookupFound } from '../api.ts'
import type { IndicatorNode, ObservableNode } from '../client/schema.ts'
import { observableContext } from '../indicators/context.ts'
import {
  openCtiIndicator,
  type Found,
  type FoundValue,
  type IndicatorOptions,
} from '../indicators/indicators.ts'
import { patternValues } from '../indicators/pattern-values.ts'

export interface AnswersOptions extends IndicatorOptions {
  /** What was asked for. */
  readonly terms: readonly Observable[]
}

/** Reads what OpenCTI answered to one question about some terms. */
export interface Answers {
  /** Ids of what concerns a term; the rest is counted. */
  relevant(known: LookupFound): {
    readonly observables: readonly string[]
    readonly indicators: readonly string[]
  }
  /** Details of it. */
  take(found: LookupFound): void
  of(key: ObservableKey): readonly MatchedIndicator[]
  drops(): ReadonlyMap<OpenCtiDrop, number>
}

/**
 * OpenCTI's equality ignores letter case and accents, and names of indicators say what their authors like, so everything is
 * compared again: a canonical value of it must be a term.
 */
export function createAnswers({ terms, ...options }: AnswersOptions): Answers {
  const keys = new Map(terms.map((term) => [observableKey(term), term]))
  const found = new Map<ObservableKey, MatchedIndicator[]>()
  const drops = new Map<OpenCtiDrop, number>()
  const drop = (reason: OpenCtiDrop, count = 1): void =>
    void drops.set(reason, (drops.get(reason) ?? 0) + count)

  function asked<Value extends FoundValue>(values: readonly Value[]): readonly Value[] {
    const wanted = values.filter((value) => keys.has(observableKey(value)))
    if (values.length === 0) drop('not_a_value')
    else if (wanted.length === 0) drop('not_asked')
    return wanted
  }

  function add(
    node: IndicatorNode,
    value: FoundValue,
    { about, ...how }: Found & { about?: FoundValue },
  ): void {
    const kind = how.found === 'related' ? 'related' : value.pattern === undefined ? 'exact' : 'pattern'
    const indicator = openCtiIndicator(node, about ?? value, { ...options, ...how })
    const key = observableKey(value)
    found.set(key, [...(found.get(key) ?? []), { indicator, kind }])
  }

  function takeObservable(node: ObservableNode): void {
    for (const value of asked(valuesOf(node))) {
      const observable = observableContext(node)
      for (const indicator of stixOf(node.indicators))
        add(indicator, value, { found: 'observable', observable })
      for (const { related, indicators } of relatedOf(node)) {
        const [about = value] = indicatorValues(related.value ?? '')
        for (const indicator of stixOf(indicators))
          add(indicator, value, { found: 'related', observable, related, about })
      }
    }
  }

  return {
    relevant: ({ observables, indicators, malformed }) => {
      if (malformed > 0) drop('malformed', malformed)
      return {
        observables: observables.filter((node) => asked(valuesOf(node)).length > 0).map(({ id }) => id),
        indicators: indicators
          .filter(({ pattern = '' }) => asked(patternValues(pattern).values).length > 0)
          .map(({ id }) => id),
      }
    },
    take: ({ observables, indicators }) => {
      // First: what a pattern says itself is not told again for an observable.
      for (const node of stixOf(indicators))
        for (const value of asked(patternValues(node.pattern ?? '').values))
          add(node, value, { found: 'pattern' })
      observables.forEach(takeObservable)
    },
    of: (key) => found.get(key) ?? [],
    drops: () => drops,
  }
}

/** The values of an observable, in canonical form: of a file its digests. */
function valuesOf({ value, hashes, observable_value: shown }: ObservableNode): readonly FoundValue[] {
  const digests = hashes.flatMap(({ hash = '' }) => indicatorValues(hash, 'hash'))
  const values = indicatorValues(value ?? '', 'auto')
  return [...digests, ...(digests.length + values.length > 0 ? values : indicatorValues(shown ?? '', 'hash'))]
}

/** Rules of other engines (YARA, Sigma …) are no statements about the value. */
function stixOf(nodes: readonly IndicatorNode[]): readonly IndicatorNode[] {
  return nodes.filter(({ pattern_type: type }) => (type ?? 'stix').toLowerCase() === 'stix')
}

interface Related {
  readonly related: OpenCtiRelated
  readonly indicators: readonly IndicatorNode[]
}

function relatedOf({ to_addresses: targets, from_names: sources }: ObservableNode): readonly Related[] {
  const ends = [
    ...targets.map(({ relationship_type: type, to }) => ({ type, end: to })),
    ...sources.map(({ relationship_type: type, from }) => ({ type, end: from })),
  ]
  return ends.flatMap(({ type = 'related-to', end }) => {
    if (end === undefined) return []
    const related = defined({
      id: end.id,
      type: end.entity_type ?? 'Unknown',
      relationship: type,
      value: end.observable_value,
    })
    return [{ related, indicators: end.indicators }]
  })
}
