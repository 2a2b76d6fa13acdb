import { expect, it } from 'vitest'
import type { LookupQuery } from '../../api.ts'
import type { AskOpenCti, Question } from '../ask.ts'
import { lookupCalls } from './lookup.ts'

const signal = new AbortController().signal
const QUERY: LookupQuery = {
  observables: new Map([['value', ['198.51.100.7']]]),
  patterns: [`[ipv4-addr:value = '198.51.100.7']`],
  names: [],
  ids: [],
}

type Pages = Readonly<Record<'observables' | 'indicators', Readonly<Record<string, string | undefined>>>>

function pageOf(pages: Pages, of: keyof Pages, cursor: unknown) {
  const at = typeof cursor === 'string' ? cursor : ''
  const next = pages[of][at]
  return {
    pageInfo: { hasNextPage: next !== undefined, endCursor: next ?? '' },
    edges: [{ node: { id: `${of} ${at}` } }, { node: null }, null],
  }
}

const lacking: AskOpenCti = (_, read) => Promise.resolve().then(() => read({ indicators: { edges: [] } }))

/** One page for each cursor: `next` by cursor, '' for the first. */
function scripted(pages: Pages) {
  const asked: Question[] = []
  const ask: AskOpenCti = (question, read) => {
    asked.push(question)
    const { variables = {} } = question
    return Promise.resolve(
      read({
        ...(variables['withObservables'] === true
          ? { stixCyberObservables: pageOf(pages, 'observables', variables['observablesAfter']) }
          : {}),
        ...(variables['withIndicators'] === true
          ? { indicators: pageOf(pages, 'indicators', variables['indicatorsAfter']) }
          : {}),
      }),
    )
  }
  return { asked, calls: lookupCalls(ask) }
}

it('follows the pages of both lists, each by its own cursor, and asks no more of the one that has ended', async () => {
  const { asked, calls } = scripted({ observables: { '': 'o2', o2: 'o3' }, indicators: {} })
  const found = await calls.lookUp(QUERY, signal)
  expect(found.observables.map(({ id }) => id)).toEqual(['observables ', 'observables o2', 'observables o3'])
  expect(found.indicators.map(({ id }) => id)).toEqual(['indicators '])
  expect(found.malformed).toBe(8)
  expect(asked.map(({ variables }) => variables?.['withIndicators'])).toEqual([true, false, false])
})

it('takes an empty cursor for the end: sent back it would begin from the start', async () => {
  const { asked, calls } = scripted({ observables: { '': '' }, indicators: {} })
  await calls.lookUp(QUERY, signal)
  expect(asked).toHaveLength(1)
})

it('does not read on for ever', async () => {
  const { asked, calls } = scripted({ observables: { '': 'again', again: 'again' }, indicators: {} })
  await expect(calls.lookUp(QUERY, signal)).rejects.toMatchObject({ code: 'PROVIDER_OVERLOADED' })
  expect(asked).toHaveLength(10)
})

it('asks for nothing where there is nothing to ask', async () => {
  const { asked, calls } = scripted({ observables: {}, indicators: {} })
  expect(await calls.lookUp({ observables: new Map(), patterns: [], names: [], ids: [] }, signal)).toEqual({
    observables: [],
    indicators: [],
    malformed: 0,
  })
  expect(asked).toEqual([])
})

it('rejects an answer that lacks a list', async () => {
  await expect(lookupCalls(lacking).lookUp(QUERY, signal)).rejects.toMatchObject({
    code: 'PROVIDER_MALFORMED',
  })
})
