import { AppError } from '../../../core/errors.ts'
import type { ComponentId } from '../../../core/indicator.ts'
import type { MatchedIndicator } from '../../../core/match.ts'
import { observableKey, type Observable, type ObservableKey } from '../../../core/observable.ts'
import type { Verdict } from '../../../core/verdict.ts'
import { mispLookupEvents, type MispLookupEvents } from '../../../telemetry/events/misp-lookup.ts'
import type { Telemetry } from '../../../telemetry/telemetry.ts'
import type { Ask } from '../../lookup/ask.ts'
import type { AttributePage, AttributeQuery, MispClient } from '../api.ts'
import type { MispConfig } from '../config.ts'
import { createAnswerReader, type AnswerReader, type Findings } from './asked-rows.ts'
import { mispForms } from './values.ts'

export interface AskOptions {
  readonly client: Pick<MispClient, 'searchAttributes'>
  readonly provider: ComponentId
  /** Base of the links in what is found. */
  readonly webUrl: string
  readonly config: Pick<MispConfig, 'toIds' | 'published'>
  readonly telemetry: Telemetry
}

/** Rows in one answer: about 5 MB with context and tags (recorded: 1.1 kB a row). */
const PAGE_ROWS = 5000
/** Rows read of one question. A value with more attributes than that is asked apart from the others. */
const MAX_ROWS = 10_000
/** The same for servers that give smaller pages than asked for (`restsearch_limit_result`). */
const MAX_PAGES = 20
/** A value with this share of the rows read is one of those that leave the others no room. */
const CROWDED = 1 / 16

/**
 * One question to MISP for all terms given. Resolves with a verdict for each, or rejects with what the client threw, or with
 * PROVIDER_MALFORMED when the answer is not one to this question.
 */
export function createAsk(options: AskOptions): Ask {
  const { provider, webUrl, config, telemetry } = options
  const events = mispLookupEvents(telemetry, provider)
  return async (terms, signal) => {
    const found: Findings = new Map()
    const cut = new Map<ObservableKey, AppError>()
    const questions = terms.length === 0 ? [] : [terms]
    for (let asked = questions.shift(); asked !== undefined; asked = questions.shift()) {
      const reader = createAnswerReader({ provider, webUrl, config, terms: asked, found })
      const whole = await readPages(asked, { ...options, events, reader, signal })
      const [only] = asked
      if (whole || only === undefined) continue
      if (asked.length > 1) questions.push(...apart(asked, reader))
      else cut.set(observableKey(only), tooMany(only, reader, events))
    }
    return new Map(
      terms.map((term) => {
        const key = observableKey(term)
        return [key, verdictOf([...(found.get(key)?.values() ?? [])], cut.get(key))]
      }),
    )
  }
}

interface Reading extends AskOptions {
  readonly events: MispLookupEvents
  readonly reader: AnswerReader
  readonly signal: AbortSignal
}

/** Whether all rows were read: false when there are more than are taken of one question. */
async function readPages(asked: readonly Observable[], reading: Reading): Promise<boolean> {
  const { client, config, events, reader, signal } = reading
  const query: AttributeQuery = {
    values: [...new Set(asked.flatMap(mispForms))],
    ...(config.toIds ? { toIds: true } : {}),
    ...(config.published ? { published: true } : {}),
    limit: PAGE_ROWS,
  }
  for (let page = 1; page <= MAX_PAGES; page++) {
    const answer: AttributePage = await client.searchAttributes({ ...query, page }, signal)
    events.rowsDropped(reader.take(answer))
    if (!answer.more) return true
    if (reader.rows() >= MAX_ROWS) return false
  }
  return false
}

/** The values that fill the answer each for itself, the others together; halves when none stands out. */
function apart(asked: readonly Observable[], reader: AnswerReader): readonly (readonly Observable[])[] {
  const share = reader.rows() * CROWDED
  const crowded = asked.filter((term) => reader.rowsOf(observableKey(term)) >= share)
  const rest = asked.filter((term) => !crowded.includes(term))
  if (crowded.length > 0) return [rest, ...crowded.map((term) => [term])].filter(({ length }) => length > 0)
  const half = Math.ceil(asked.length / 2)
  return [asked.slice(0, half), asked.slice(half)]
}

/** What was found serves as the answer; where nothing was, the value may stand in a row that was not read. */
function tooMany(term: Observable, reader: AnswerReader, events: MispLookupEvents): AppError {
  events.answerCut(term.value, reader.rows())
  return new AppError('PROVIDER_OVERLOADED', 'MISP has more attributes that resemble a value than are read', {
    hint: 'They are of types that are not matched, or the value begins with %, which MISP takes as a pattern.',
  })
}

function verdictOf([first, ...rest]: readonly MatchedIndicator[], cut: AppError | undefined): Verdict {
  if (first !== undefined) return { kind: 'hit', indicators: [first, ...rest] }
  return cut === undefined ? { kind: 'miss' } : { kind: 'unanswered', error: cut, final: true }
}
