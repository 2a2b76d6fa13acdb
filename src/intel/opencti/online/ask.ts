import type { ComponentId } from '../../../core/indicator.ts'
import { observableKey, type Observable } from '../../../core/observable.ts'
import type { Verdict } from '../../../core/verdict.ts'
import { openCtiEvents } from '../../../telemetry/events/opencti.ts'
import type { Telemetry } from '../../../telemetry/telemetry.ts'
import type { Ask } from '../../lookup/ask.ts'
import { strongestFirst } from '../../mirror/find.ts'
import type { LookupFound, OpenCtiClient } from '../api.ts'
import { malformed } from '../client/answers.ts'
import type { OpenCtiConfig } from '../config.ts'
import { createAnswers, type Answers } from './answers.ts'
import { lookupQuery } from './values.ts'

export interface AskOptions {
  readonly client: Pick<OpenCtiClient, 'requireVersion' | 'lookUp' | 'details'>
  readonly provider: ComponentId
  /** Base of the links in what is found. */
  readonly webUrl: string
  readonly config: Pick<OpenCtiConfig, 'related'>
  readonly telemetry: Telemetry
}

/** Ids in one request for details: each is three clauses, and its lists are a search each. */
const DETAILS_AT_ONCE = 50

/**
 * One question to OpenCTI for all terms given, and a second one about what it knows. Resolves with a verdict for each, or
 * rejects with what the client threw.
 */
export function createAsk({ client, provider, webUrl, config, telemetry }: AskOptions): Ask {
  const events = openCtiEvents(telemetry, provider)
  return async (terms, signal) => {
    const answers = createAnswers({ provider, webUrl, terms })
    if (terms.length > 0) {
      await client.requireVersion(signal)
      const known = await client.lookUp(lookupQuery(terms), signal)
      for (const query of detailQueries(answers.relevant(known), config.related)) {
        const found = await client.details(query, signal)
        requireAll(query, found)
        answers.take(found)
      }
      events.rowsDropped(answers.drops())
    }
    return new Map(terms.map((term) => [observableKey(term), verdictOf(term, answers)]))
  }
}

type DetailsQuery = Parameters<OpenCtiClient['details']>[0]

/** What is known must not become a miss because it was deleted in between, or cannot be read: it is asked again. */
function requireAll(query: DetailsQuery, found: LookupFound): void {
  const ids = new Set([...found.observables, ...found.indicators].map(({ id }) => id))
  const isThere = (id: string): boolean => ids.has(id)
  if (query.observables.every(isThere) && query.indicators.every(isThere)) return
  throw malformed('The answer of OpenCTI lacks objects it named a moment ago')
}

function* detailQueries(
  { observables, indicators }: ReturnType<Answers['relevant']>,
  related: boolean,
): Generator<DetailsQuery> {
  const ids = [
    ...observables.map((id) => ({ id, of: 'observables' as const })),
    ...indicators.map((id) => ({ id, of: 'indicators' as const })),
  ]
  for (let from = 0; from < ids.length; from += DETAILS_AT_ONCE) {
    const some = ids.slice(from, from + DETAILS_AT_ONCE)
    yield {
      observables: some.filter(({ of }) => of === 'observables').map(({ id }) => id),
      indicators: some.filter(({ of }) => of === 'indicators').map(({ id }) => id),
      related,
    }
  }
}

function verdictOf(term: Observable, answers: Answers): Verdict {
  const [first, ...rest] = strongestFirst(answers.of(observableKey(term)))
  return first === undefined ? { kind: 'miss' } : { kind: 'hit', indicators: [first, ...rest] }
}
