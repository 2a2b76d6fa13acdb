import type { Database } from '../store/database.ts'
import type { StoredAttribute, StoredEvent } from '../store/stored.ts'
import type { User } from '../http/users.ts'
import { textMatcher } from './like.ts'
import type { Filter, Terms } from './terms.ts'
import { isLost, parseTerms } from './terms.ts'
import { parseTime, timeTest } from './times.ts'

export interface Context {
  readonly database: Database
  readonly user: User
  /** Unix seconds. */
  readonly now: number
}

type Test<T> = (candidate: T) => boolean

/** What the user may see. Unpublished events of others are visible by default (filter__visibility_unpublished_other). */
export function mayseeEvent(event: StoredEvent, user: User): boolean {
  return user.role.siteAdmin || ![0, 4].includes(event.distribution) || event.orgId === user.orgId
}

export function maySeeRow(row: StoredAttribute, user: User): boolean {
  const own = user.role.siteAdmin || row.event.orgId === user.orgId
  return own || (row.distribution !== 0 && (row.objectId === 0 || row.objectDistribution !== 0))
}

/** The filters that look at the event alone: they spare reading its rows. */
export function eventTest(filter: Filter, { database, now }: Context): Test<StoredEvent> {
  const published = flag(filter['published'])
  const publishTime = timeTest(filter['publish_timestamp'] ?? filter['last'], now)
  const eventTime = timeTest(filter['event_timestamp'], now)
  const tests: (Test<StoredEvent> | undefined)[] = [
    published === undefined ? undefined : (event) => event.published === published,
    publishTime === undefined ? undefined : (event) => publishTime(event.publishTimestamp),
    eventTime === undefined ? undefined : (event) => eventTime(event.timestamp),
    termsTest(filter['eventid'], (event: StoredEvent) => [String(event.id), event.uuid]),
    organisationTest(filter['org'], database),
    termsTest(filter['threat_level_id'], (event: StoredEvent) => [String(event.threatLevelId)]),
    termsTest(filter['eventinfo'], (event: StoredEvent) => [event.info]),
    dateTest(filter, now),
  ]
  return all(tests)
}

/** The other filters, but for `value`. */
export function rowTest(filter: Filter, { now }: Context): Test<StoredAttribute> {
  const toIds = flag(filter['to_ids'])
  const time = timeTest(filter['timestamp'] ?? filter['attribute_timestamp'], now)
  const deleted = deletedFilter(filter['deleted'])
  const tests: (Test<StoredAttribute> | undefined)[] = [
    deleted === undefined ? undefined : (row) => row.deleted === deleted,
    toIds === undefined ? undefined : (row) => row.toIds === toIds,
    time === undefined ? undefined : (row) => time(row.timestamp),
    termsTest(filter['uuid'], (row: StoredAttribute) => [row.uuid, row.event.uuid]),
    termsTest(filter['type'], (row: StoredAttribute) => [row.type], withEmail),
    termsTest(filter['category'], (row: StoredAttribute) => [row.category]),
    termsTest(filter['object_relation'], (row: StoredAttribute) => [row.objectRelation ?? '']),
    termsTest(filter['comment'], (row: StoredAttribute) => [row.comment]),
    tagTest(filter['tags'] ?? filter['tag']),
    seenTest(filter, now),
  ]
  return all(tests)
}

function all<T>(tests: readonly (Test<T> | undefined)[]): Test<T> {
  const wanted = tests.filter((test) => test !== undefined)
  return (candidate) => wanted.every((test) => test(candidate))
}

/** `false` counts as not given, `0` as no; a list with both as no filter (filter__to_ids_*, filter__published_*). */
function flag(input: unknown): boolean | undefined {
  if (Array.isArray(input)) {
    const flags = new Set(input.map((entry) => (entry === false ? false : flag(entry))))
    return flags.size === 1 ? [...flags][0] : undefined
  }
  if (input === 0 || input === '0' || input === 'exclude') return false
  return isLost(input) ? undefined : true
}

/** Undefined: deleted ones, too. */
function deletedFilter(input: unknown): boolean | undefined {
  if (!Array.isArray(input)) return !isLost(input)
  const flags = new Set(input.map((entry) => !isLost(entry)))
  return flags.size === 1 ? [...flags][0] : undefined
}

function compiled(terms: Terms): Test<readonly string[]> {
  if (terms.never) return () => false
  const [or, not, and] = [terms.or, terms.not, terms.and].map((list) =>
    list.map((term) => textMatcher(String(term))),
  ) as [Test<string>[], Test<string>[], Test<string>[]]
  return (candidates) => {
    const hits = (matches: Test<string>): boolean => candidates.some(matches)
    return !not.some(hits) && and.every(hits) && (or.length === 0 || or.some(hits))
  }
}

function termsTest<T>(
  input: unknown,
  textsOf: (candidate: T) => readonly string[],
  extended = (terms: Terms): Terms => terms,
): Test<T> | undefined {
  const terms = parseTerms(input)
  if (terms === undefined) return undefined
  const test = compiled(extended(terms))
  return (candidate) => test(textsOf(candidate))
}

/** Who asks for `email-src` or `email-dst` gets `email`, too. */
function withEmail(terms: Terms): Terms {
  const mail = terms.or.some((term) => term === 'email-src' || term === 'email-dst')
  return mail ? { ...terms, or: [...terms.or, 'email'] } : terms
}

/** Own tags and those of the event. */
function tagTest(input: unknown): Test<StoredAttribute> | undefined {
  return termsTest(input, (row: StoredAttribute) => [
    ...row.tags.map(({ name }) => name),
    ...row.event.tags.map(({ name }) => name),
  ])
}

function organisationTest(input: unknown, database: Database): Test<StoredEvent> | undefined {
  return termsTest(input, (event: StoredEvent) => {
    const { id, name, uuid } = database.organisations.byId(event.orgcId)
    return [String(id), name, uuid]
  })
}

/** `date`, `from` and `to` look at the analyst's date, to the day. */
function dateTest(filter: Filter, now: number): Test<StoredEvent> | undefined {
  const bound = (input: unknown): string | undefined =>
    isLost(input) ? undefined : new Date(parseTime(input, now) * 1000).toISOString().slice(0, 10)
  const from = bound(filter['from'] ?? filter['date'])
  const to = bound(filter['to'])
  if (from === undefined && to === undefined) return undefined
  return ({ date }) => (from === undefined || date >= from) && (to === undefined || date <= to)
}

/** `first_seen` means «not before», `last_seen` «not after» (time__first_seen, time__last_seen). */
function seenTest(filter: Filter, now: number): Test<StoredAttribute> | undefined {
  const { first_seen: first, last_seen: last } = filter
  if (isLost(first) && isLost(last)) return undefined
  const since = isLost(first) ? undefined : parseTime(first, now)
  const until = isLost(last) ? undefined : parseTime(last, now)
  return (row) =>
    (since === undefined || seconds(row.firstSeen) >= since) &&
    (until === undefined || seconds(row.lastSeen) <= until)
}

function seconds(text: string | null): number {
  return text === null ? NaN : Date.parse(text) / 1000
}
