import type { StoredAttribute, StoredEvent } from '../store/stored.ts'
import type { Context } from './filters.ts'
import { eventTest, mayseeEvent, maySeeRow, rowTest } from './filters.ts'
import type { Filter } from './terms.ts'
import { parseTerms } from './terms.ts'
import type { ValuePlan } from './values.ts'
import { valuePlan } from './values.ts'

/** Rows that pass all filters, in order of id. */
export function* findRows(filter: Filter, context: Context): Generator<StoredAttribute> {
  const terms = parseTerms(filter['value'])
  const plan = terms === undefined ? undefined : valuePlan(terms)
  if (terms?.never === true) return
  const eventPasses = memoised(eventTest(filter, context), context)
  const rowPasses = rowTest(filter, context)
  for (const row of candidates(filter, plan, { context, eventPasses })) {
    if (eventPasses(row.event) && maySeeRow(row, context.user) && rowPasses(row)) {
      if (plan === undefined || plan.matches(row)) yield row
    }
  }
}

interface Reading {
  readonly context: Context
  readonly eventPasses: (event: StoredEvent) => boolean
}

function memoised(test: (event: StoredEvent) => boolean, { user }: Context): (event: StoredEvent) => boolean {
  const known = new Map<StoredEvent, boolean>()
  return (event) => {
    const answer = known.get(event) ?? (mayseeEvent(event, user) && test(event))
    known.set(event, answer)
    return answer
  }
}

/** By the index of values, by the events named, or everything. */
function* candidates(
  filter: Filter,
  plan: ValuePlan | undefined,
  { context, eventPasses }: Reading,
): Generator<StoredAttribute> {
  const { database } = context
  if (plan?.exact !== undefined) {
    const ids = new Set(plan.exact.flatMap((text) => database.index.find(text)))
    for (const id of [...ids].toSorted((a, b) => a - b)) {
      const row = database.row(id)
      if (row !== undefined) yield row
    }
    return
  }
  const single = typeof filter['uuid'] === 'string' ? database.rowBy(filter['uuid']) : undefined
  if (single !== undefined) {
    yield single
    return
  }
  for (const event of namedEvents(filter, context) ?? database.events.values()) {
    if (eventPasses(event)) yield* database.rowsOf(event)
  }
}

/** `eventid` with plain ids only: the other events need not be looked at. */
function namedEvents(filter: Filter, { database }: Context): readonly StoredEvent[] | undefined {
  const terms = parseTerms(filter['eventid'])
  if (terms === undefined || terms.not.length > 0 || terms.and.length > 0) return undefined
  const events = terms.or.map((term) => database.eventBy(String(term))).filter((event) => event !== undefined)
  return [...new Set(events)].toSorted((a, b) => a.id - b.id)
}
