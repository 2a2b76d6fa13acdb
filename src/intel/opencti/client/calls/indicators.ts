import type { IndicatorsQuery, OpenCtiClient } from '../../api.ts'
import type { AskOpenCti } from '../ask.ts'
import { INDICATORS } from '../documents/load.ts'
import { after as afterTime, allOf, oneOf } from '../filters.ts'
import { indicatorNode } from '../schema.ts'
import { readPage } from './read.ts'

export function indicatorCalls(ask: AskOpenCti): Pick<OpenCtiClient, 'indicators'> {
  return {
    indicators: (query, signal) =>
      ask(
        { operation: 'Indicators', document: INDICATORS, variables: variablesOf(query) },
        ({ indicators }) => {
          const { nodes, ...page } = readPage(indicators, indicatorNode)
          return { ...page, indicators: nodes }
        },
        signal,
      ),
  }
}

function variablesOf(query: IndicatorsQuery): Readonly<Record<string, unknown>> {
  const { first, after = null, updatedAfter, newest, revoked } = query
  const stix = oneOf('pattern_type', ['stix'])
  const page = { first, after }
  if (newest === true) return { ...page, filters: allOf([stix]), orderBy: 'updated_at', orderMode: 'desc' }
  if (updatedAfter !== undefined)
    return {
      ...page,
      filters: allOf([stix, afterTime('updated_at', updatedAfter)]),
      orderBy: 'updated_at',
      orderMode: 'asc',
    }
  return { ...page, filters: allOf(revoked === true ? [stix] : [stix, oneOf('revoked', ['false'])]) }
}
