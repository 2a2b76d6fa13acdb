import type {
  FakeAttributeInput,
  FakeEventInput,
  FakeTagInput,
  FakeWarningListInput,
  WarningListType,
} from '../types.ts'
import type { Exchange } from './exchanges.ts'

/** What stood in the database of the recording, as far as its answers show it. */
export interface RecordedDatabase {
  /** Each in its first recorded state, with its rows. */
  readonly events: readonly FakeEventInput[]
  readonly warningLists: readonly FakeWarningListInput[]
}

type Fields = Readonly<Record<string, unknown>>

export function reconstruct(exchanges: readonly Exchange[]): RecordedDatabase {
  const seen: Seen = { rows: new Map(), events: new Map(), inherited: new Map(), warnings: new Map() }
  const lists: Fields[] = []
  for (const exchange of exchanges) {
    const answer = parsed(exchange)
    collect(answer, seen)
    if (exchange.name === 'warninglists__index') {
      lists.push(
        ...(answer as { Warninglists: { Warninglist: Fields }[] }).Warninglists.map(
          (each) => each.Warninglist,
        ),
      )
    }
  }
  const rows = [...seen.rows.values()]
  const events = [...seen.events.values()].map((event) => eventOf(event, rows, seen.inherited))
  return { events, warningLists: lists.map((list) => listOf(list, seen.warnings)) }
}

/** Long answers were cut: their whole rows can still be read. */
export function parsed({ answer, cut }: Exchange): unknown {
  try {
    return JSON.parse(answer) as unknown
  } catch {
    const end = answer.lastIndexOf('},{"id":"')
    if (!cut || end < 0) return undefined
    return JSON.parse(`${answer.slice(0, end)}}]}}`) as unknown
  }
}

interface Seen {
  readonly rows: Map<string, Fields>
  readonly events: Map<string, Fields>
  /** Tags that rows have from their event, by event id. */
  readonly inherited: Map<string, readonly Fields[]>
  /** Entries that matched, by list id. */
  readonly warnings: Map<string, Set<string>>
}

function collect(value: unknown, seen: Seen): void {
  if (Array.isArray(value)) return value.forEach((each) => collect(each, seen))
  if (typeof value !== 'object' || value === null) return
  const fields = value as Fields
  if ('to_ids' in fields && 'value' in fields && 'deleted' in fields) {
    remember(seen.rows, fields)
    const tags = ((fields['Tag'] as Fields[] | undefined) ?? []).filter(isInherited)
    if (tags.length > 0) seen.inherited.set(String(fields['event_id']), tags)
  }
  if ('orgc_id' in fields && 'info' in fields && 'uuid' in fields) remember(seen.events, fields)
  const [list, entry] = [
    fields['warninglist_id'] ?? fields['id'],
    fields['match'] ?? fields['matched'] ?? fields['value'],
  ]
  if (
    typeof list === 'string' &&
    typeof entry === 'string' &&
    ('warninglist_id' in fields || 'matched' in fields)
  ) {
    seen.warnings.set(list, (seen.warnings.get(list) ?? new Set()).add(entry))
  }
  for (const each of Object.values(fields)) collect(each, seen)
}

/** The first state counts; later ones fill in what the first did not show. Rows show their tags at once. */
function remember(map: Map<string, Fields>, fields: Fields): void {
  const isRow = 'to_ids' in fields
  const id = String(fields['id'])
  const known = map.get(id)
  map.set(
    id,
    known === undefined ? fields : { ...fields, ...known, Tag: known['Tag'] ?? (isRow ? [] : fields['Tag']) },
  )
}

function eventOf(event: Fields, rows: readonly Fields[], inherited: Seen['inherited']): FakeEventInput {
  const own = rows.filter((row) => row['event_id'] === event['id'])
  const indexed = (event['EventTag'] as { Tag: Fields }[] | undefined)?.map(({ Tag }) => Tag)
  const tags = (event['Tag'] as Fields[] | undefined) ?? inherited.get(String(event['id'])) ?? indexed ?? []
  const publishTimestamp = number(event['publish_timestamp'])
  const [first] = own
  return {
    id: number(event['id']) ?? 0,
    uuid: String(event['uuid']),
    info: String(event['info']),
    date: text(event['date']) ?? '2026-11-21',
    threatLevelId: number(event['threat_level_id']) ?? 2,
    analysis: number(event['analysis']) ?? 2,
    orgc: event['orgc_id'] === '2' ? 'Partner CERT' : 'ORGNAME',
    distribution: number(event['distribution']) ?? 3,
    published: event['published'] === undefined ? publishTimestamp !== 0 : event['published'] === true,
    publishTimestamp: publishTimestamp ?? 0,
    timestamp: number(event['timestamp']) ?? number(first?.['timestamp']) ?? publishTimestamp ?? 0,
    tags: tags.map(tagOf),
    attributes: own.map(rowOf),
  }
}

function isInherited(tag: Fields): boolean {
  return tag['inherited'] !== undefined
}

function rowOf(row: Fields): FakeAttributeInput {
  const tags = ((row['Tag'] as Fields[] | undefined) ?? []).filter((tag) => !isInherited(tag))
  const object = row['Object'] as Fields | undefined
  return {
    id: number(row['id']) ?? 0,
    uuid: String(row['uuid']),
    type: String(row['type']),
    value: String(row['value']),
    category: String(row['category']),
    to_ids: row['to_ids'] === true,
    comment: text(row['comment']) ?? '',
    timestamp: number(row['timestamp']) ?? 0,
    deleted: row['deleted'] === true,
    distribution: number(row['distribution']) ?? 5,
    disableCorrelation: row['disable_correlation'] === true,
    first_seen: text(row['first_seen']),
    last_seen: text(row['last_seen']),
    objectId: number(row['object_id']) ?? 0,
    objectRelation: text(row['object_relation']),
    objectDistribution: number(object?.['distribution']) ?? 5,
    tags: tags.map(tagOf),
  }
}

function tagOf(tag: Fields): FakeTagInput {
  const { id, name, colour, local, numerical_value: numericalValue } = tag
  return {
    id: number(id) ?? 0,
    name: String(name),
    colour: String(colour),
    local: local === true,
    numericalValue: text(numericalValue),
  }
}

/** Entries of a list are known only where they matched. */
function listOf(list: Fields, warnings: ReadonlyMap<string, ReadonlySet<string>>): FakeWarningListInput {
  const id = String(list['id'])
  return {
    id: Number(id),
    name: String(list['name']),
    type: list['type'] as WarningListType,
    version: Number(list['version']),
    description: String(list['description']),
    entries: [...(warnings.get(id) ?? [])],
    enabled: list['enabled'] === true,
    matching_attributes: String(list['valid_attributes']).split(', '),
  }
}

function number(value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : Number(value)
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
