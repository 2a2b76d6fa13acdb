import { AppError } from '../../../../core/errors.ts'
import { malformed } from '../answers.ts'
import type { AttributePage, AttributeQuery, MispClient } from '../../api.ts'
import { mispRow } from '../../indicators/rows.ts'
import { searchAnswer } from '../schema.ts'
import type { AskMisp, MispAnswer } from './ask.ts'

export function searchAttributes(ask: AskMisp): MispClient['searchAttributes'] {
  return async (query, signal) => {
    const json = searchBody(query)
    return ask(
      { method: 'POST', path: '/attributes/restSearch', json },
      (answer) => pageOf(answer, query.limit),
      signal,
    )
  }
}

/**
 * The body of a search. MISP drops what it does not understand and then returns its whole database, so that everything in it
 * is checked. Throws INTERNAL.
 */
export function searchBody(query: AttributeQuery): Readonly<Record<string, unknown>> {
  const { values, events, toIds, published, withDeleted, limit, page } = query
  if (values === undefined && events === undefined) throw refuse('without values and without events')
  if (values !== undefined && !(values.length > 0 && values.every(isSelective)))
    throw refuse('with an empty value, or one that MISP takes for empty')
  if (events !== undefined && !(events.length > 0 && events.every(isEventId)))
    throw refuse('with something that is no event id')
  if (!isPositive(limit) || (page !== undefined && !isPositive(page))) throw refuse('without a limit')
  return {
    ...(values === undefined ? {} : { value: { OR: values } }),
    ...(events === undefined ? {} : { eventid: events }),
    ...(toIds === true ? { to_ids: 1 } : {}),
    ...(published === true ? { published: 1 } : {}),
    ...(withDeleted === true ? { deleted: [0, 1] } : {}),
    includeContext: 1,
    includeEventTags: 1,
    limit,
    ...(page === undefined ? {} : { page }),
    ...(page === undefined || values !== undefined ? {} : { order: ORDER }),
  }
}

/**
 * Pages hold together only with an order. Not for values: a database told to sort by id may walk through its whole table
 * by id instead of using the index on values.
 */
const ORDER = 'Attribute.id asc'

/** Checked at run time, too: one number among the values spoils the comparison of all (`danger__list_mixed_int_and_string`). */
function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/**
 * Whether a value asks for something: to MISP's collation blanks, marks and invisible characters are nothing, and `%` alone is
 * everything. Whatever Tripline asks for has an ASCII letter or digit in its canonical form.
 */
function isSelective(value: unknown): boolean {
  return isText(value) && /[a-z0-9]/i.test(value)
}

/** An id or a UUID. */
function isEventId(value: unknown): boolean {
  return isText(value) && /^(?:\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.test(value)
}

function isPositive(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0
}

function refuse(what: string): AppError {
  return new AppError('INTERNAL', `A search ${what} was not sent to MISP: it could return the whole database`)
}

function pageOf({ json, headers }: MispAnswer, limit: number): AttributePage {
  const answer = searchAnswer.safeParse(json)
  if (!answer.success) throw malformed('MISP answered a search with something else than attributes')
  const found = answer.data.response.Attribute
  const rows = found.flatMap((raw) => mispRow(raw) ?? [])
  const skipped = countIn(headers, 'x-skipped-elements-count')
  const seen = found.length + skipped
  // The count of a page that was full is one higher, whatever filled it: the limit asked for, or a lower one of the server.
  const more = seen > 0 && (seen >= limit || countIn(headers, 'x-result-count') > seen)
  return { rows, malformed: found.length - rows.length, skipped, more }
}

function countIn(headers: Readonly<Record<string, string>>, name: string): number {
  const text = headers[name] ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : 0
}
