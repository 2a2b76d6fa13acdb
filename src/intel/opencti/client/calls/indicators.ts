import type { OpenCtiClient } from '../../api.ts'
import type { AskOpenCti } from '../ask.ts'
import { INDICATORS } from '../documents/load.ts'
import { after as afterTime, allOf, oneOf } from '../filters.ts'
import { indicatorNode } from '../schema.ts'
import { readPage } from './read.ts'

export function indicatorCalls(ask: AskOpenCti): Pick<OpenCtiClient, 'indicators'> {
  return {
    indicators: ({ first, after, updatedAfter }, signal) => {
      const stix = oneOf('pattern_type', ['stix'])
      const variables =
        updatedAfter === undefined
          ? { filters: allOf([stix, oneOf('revoked', ['false'])]), first, after }
          : {
              filters: allOf([stix, afterTime('updated_at', updatedAfter)]),
              first,
              after,
              orderBy: 'updated_at',
              orderMode: 'asc',
            }
      return ask(
        { operation: 'Indicators', document: INDICATORS, variables },
        ({ indicators }) => {
          const { nodes, ...page } = readPage(indicators, indicatorNode)
          return { ...page, indicators: nodes }
        },
        signal,
      )
    },
  }
}
