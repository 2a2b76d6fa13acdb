import { AppError } from '../../../../core/errors.ts'
import type { DetailsQuery, LookupFound, LookupQuery, OpenCtiClient } from '../../api.ts'
import type { AskOpenCti } from '../ask.ts'
import { DETAILS, LOOKUP } from '../documents/lookup.ts'
import { allOf, anyOf, oneOf, type FilterGroup } from '../filters.ts'
import { indicatorNode, observableNode, type IndicatorNode, type ObservableNode } from '../schema.ts'
import { readPage } from './read.ts'

/** At least three times the values of a request: one may exist as domain name, host name, text … */
const PAGE = 1000
/** Of one question. What has more is too common to be read. */
const MAX_PAGES = 10

export function lookupCalls(ask: AskOpenCti): Pick<OpenCtiClient, 'lookUp' | 'details'> {
  return {
    lookUp: (query, signal) => readPages(ask, query, signal),
    details: (query, signal) =>
      ask({ operation: 'Details', document: DETAILS, variables: detailVariables(query) }, readFound, signal),
  }
}

function observableFilters({ observables, ids }: LookupQuery): FilterGroup {
  return anyOf([...[...observables].map(([key, values]) => oneOf(key, values)), oneOf('ids', ids)])
}

function indicatorFilters({ patterns, names, ids }: LookupQuery): FilterGroup {
  const named = anyOf([oneOf('pattern', patterns), oneOf('name', names), oneOf('ids', ids)])
  return allOf([oneOf('pattern_type', ['stix'])], [named])
}

/** Both lists have cursors of their own: the one that has ended is not asked for again. */
async function readPages(ask: AskOpenCti, query: LookupQuery, signal: AbortSignal): Promise<LookupFound> {
  const observables = observableFilters(query)
  const indicators = indicatorFilters(query)
  const found: { observables: ObservableNode[]; indicators: IndicatorNode[]; malformed: number } = {
    observables: [],
    indicators: [],
    malformed: 0,
  }
  let cursors: Cursors = {
    ...(observables.filters.length > 0 ? { observables: null } : {}),
    ...(indicators.filterGroups.some(({ filters }) => filters.length > 0) ? { indicators: null } : {}),
  }
  for (let page = 0; cursors.observables !== undefined || cursors.indicators !== undefined; page++) {
    if (page === MAX_PAGES) throw tooMany()
    const asked = cursors
    cursors = await ask(
      {
        operation: 'Lookup',
        document: LOOKUP,
        variables: {
          observables,
          indicators,
          first: PAGE,
          withObservables: asked.observables !== undefined,
          observablesAfter: asked.observables ?? null,
          withIndicators: asked.indicators !== undefined,
          indicatorsAfter: asked.indicators ?? null,
        },
      },
      (data) => {
        const next: { observables?: string; indicators?: string } = {}
        if (asked.observables !== undefined) {
          const { nodes, malformed, next: after } = readPage(data['stixCyberObservables'], observableNode)
          found.observables.push(...nodes)
          found.malformed += malformed
          if (after !== undefined) next.observables = after
        }
        if (asked.indicators !== undefined) {
          const { nodes, malformed, next: after } = readPage(data['indicators'], indicatorNode)
          found.indicators.push(...nodes)
          found.malformed += malformed
          if (after !== undefined) next.indicators = after
        }
        return next
      },
      signal,
    )
  }
  return found
}

/** Undefined: not asked for, or not any more. Null: from the start. */
interface Cursors {
  readonly observables?: string | null
  readonly indicators?: string | null
}

function tooMany(): AppError {
  return new AppError(
    'PROVIDER_OVERLOADED',
    'OpenCTI knows too many objects with the values of one question',
    {
      hint: 'The values are asked apart.',
    },
  )
}

function detailVariables({ observables, indicators, related }: DetailsQuery): Record<string, unknown> {
  return {
    observables: anyOf([oneOf('ids', observables)]),
    withObservables: observables.length > 0,
    withRelated: related,
    indicators: anyOf([oneOf('ids', indicators)]),
    withIndicators: indicators.length > 0,
    first: PAGE,
  }
}

function readFound(data: Readonly<Record<string, unknown>>): LookupFound {
  const observables = optionalPage(data['stixCyberObservables'], observableNode)
  const indicators = optionalPage(data['indicators'], indicatorNode)
  return {
    observables: observables.nodes,
    indicators: indicators.nodes,
    malformed: observables.malformed + indicators.malformed,
  }
}

function optionalPage<Node>(
  value: unknown,
  node: Parameters<typeof readPage<Node>>[1],
): { readonly nodes: readonly Node[]; readonly malformed: number } {
  return value === undefined ? { nodes: [], malformed: 0 } : readPage(value, node)
}
