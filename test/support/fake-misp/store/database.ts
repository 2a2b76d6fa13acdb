import type { AddedEvent, FakeAttributeInput, FakeEventInput, LazyAttributes } from '../types.ts'
import { fold, halves } from './fold.ts'
import { normaliseValue } from './normalise.ts'
import type { StoredAttribute, StoredEvent } from './stored.ts'
import { idOfRowUuid, storedEvent, storedRow } from './stored.ts'
import type { Organisations, Tags } from './tables.ts'
import { createOrganisations, createTags } from './tables.ts'
import type { ValueIndex } from './value-index.ts'
import { createValueIndex, doubled } from './value-index.ts'

export interface Database {
  readonly organisations: Organisations
  readonly tags: Tags
  /** By id, in order. */
  readonly events: ReadonlyMap<number, StoredEvent>
  readonly attributeCount: number
  /** Changes with each write: what was read before may be old. */
  readonly revision: number
  readonly index: ValueIndex
  touch(): void
  addEvent(input: FakeEventInput, now: number): AddedEvent
  addRow(event: StoredEvent, input: FakeAttributeInput, timestamp: number): StoredAttribute
  removeRow(row: StoredAttribute): void
  removeEvent(event: StoredEvent): void
  /** The value was changed: the row is found by the new one. */
  reindex(row: StoredAttribute): void
  row(id: number): StoredAttribute | undefined
  rowsOf(event: StoredEvent): Iterable<StoredAttribute>
  rowCount(event: StoredEvent): number
  /** The same row object each time from now on, so that it may be changed. */
  settle(event: StoredEvent): StoredAttribute[]
  eventBy(idOrUuid: string): StoredEvent | undefined
  rowBy(idOrUuid: string): StoredAttribute | undefined
}

export function createDatabase(): Database {
  const organisations = createOrganisations()
  const tags = createTags()
  const events = new Map<number, StoredEvent>()
  const eventUuids = new Map<string, number>()
  const rowUuids = new Map<string, number>()
  const index = createValueIndex()
  let eventOfRow = new Int32Array(1 << 10)
  let lastEvent = 0
  let lastRow = 0
  let revision = 0
  let rowTotal = 0

  const own = (row: number, event: number): void => {
    while (row >= eventOfRow.length) eventOfRow = doubled(eventOfRow)
    eventOfRow[row] = event
    lastRow = Math.max(lastRow, row)
    rowTotal += 1
  }
  const enter = (id: number, type: string, value: string): void => {
    const [first, second] = halves(type, value)
    index.add(fold(first), id)
    if (second !== '') index.add(fold(second), id)
  }
  const makeRow = (event: StoredEvent, id: number, input: FakeAttributeInput): StoredAttribute =>
    storedRow(event, id, { input, tagOf: tags.of })
  const lazyRow = (event: StoredEvent, place: number): StoredAttribute | undefined => {
    const input = place >= 0 && place < (event.lazy?.count ?? 0) ? event.lazy?.at(place) : undefined
    return input === undefined ? undefined : makeRow(event, event.firstRow + place, input)
  }
  const settle = (event: StoredEvent): StoredAttribute[] => {
    event.rows ??= Array.from({ length: event.lazy?.count ?? 0 }, (_, place) => lazyRow(event, place)).filter(
      (row) => row !== undefined,
    )
    return event.rows
  }
  const addRow = (event: StoredEvent, input: FakeAttributeInput, timestamp: number): StoredAttribute => {
    const row = makeRow(event, input.id ?? lastRow + 1, { timestamp, ...input })
    own(row.id, event.id)
    enter(row.id, row.type, row.value)
    if (input.uuid !== undefined) rowUuids.set(input.uuid, row.id)
    insertById(settle(event), row)
    revision += 1
    return row
  }
  const addLazy = (event: StoredEvent, lazy: LazyAttributes): void => {
    for (let place = 0; place < lazy.count; place += 1) {
      const { type, value } = lazy.at(place)
      own(event.firstRow + place, event.id)
      enter(event.firstRow + place, type, normaliseValue(type, value))
    }
  }
  const database: Database = {
    organisations,
    tags,
    events,
    index,
    get attributeCount() {
      return rowTotal
    },
    get revision() {
      return revision
    },
    touch: () => {
      revision += 1
    },
    addRow,
    settle,
    addEvent: (input, now) => {
      revision += 1
      const id = input.id ?? lastEvent + 1
      lastEvent = Math.max(lastEvent, id)
      const lazy = 'count' in input.attributes ? input.attributes : undefined
      const head = {
        id,
        lazy,
        firstRow: lastRow + 1,
        orgcId: organisations.named(input.orgc ?? 'ORGNAME').id,
      }
      const event = storedEvent(input, head, { now, tagOf: tags.of })
      events.set(id, event)
      eventUuids.set(event.uuid, id)
      if (lazy !== undefined) {
        addLazy(event, lazy)
        return { id: String(id), uuid: event.uuid, attributes: [] }
      }
      const inputs = 'count' in input.attributes ? [] : input.attributes
      const rows = inputs.map((each) => addRow(event, each, event.timestamp))
      const attributes = rows.map((row) => ({ id: String(row.id), uuid: row.uuid }))
      return { id: String(id), uuid: event.uuid, attributes }
    },
    removeRow: (row) => {
      revision += 1
      rowTotal -= 1
      eventOfRow[row.id] = 0
      row.event.rows = settle(row.event).filter(({ id }) => id !== row.id)
    },
    removeEvent: (event) => {
      revision += 1
      for (const row of database.rowsOf(event)) eventOfRow[row.id] = 0
      rowTotal -= database.rowCount(event)
      events.delete(event.id)
      eventUuids.delete(event.uuid)
    },
    reindex: (row) => {
      revision += 1
      enter(row.id, row.type, row.value)
    },
    row: (id) => {
      const event = events.get(eventOfRow[id] ?? 0)
      if (event === undefined) return undefined
      return event.rows === undefined ? lazyRow(event, id - event.firstRow) : findById(event.rows, id)
    },
    rowsOf: (event) => event.rows ?? lazyRows(event, lazyRow),
    rowCount: (event) => event.rows?.length ?? event.lazy?.count ?? 0,
    eventBy: (text) =>
      events.get(eventUuids.get(text.toLowerCase()) ?? (/^\d+$/.test(text) ? Number(text) : 0)),
    rowBy: (text) => {
      if (/^\d+$/.test(text)) return database.row(Number(text))
      const known = rowUuids.get(text.toLowerCase())
      if (known !== undefined) return database.row(known)
      const row = database.row(idOfRowUuid(text))
      return row?.uuid === text.toLowerCase() ? row : undefined
    },
  }
  return database
}

function insertById(rows: StoredAttribute[], row: StoredAttribute): void {
  rows.push(row)
  if ((rows.at(-2)?.id ?? 0) > row.id) rows.sort((a, b) => a.id - b.id)
}

/** Events of feeds have 100,000 rows: no linear search. */
function findById(rows: readonly StoredAttribute[], id: number): StoredAttribute | undefined {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((rows[middle]?.id ?? 0) < id) low = middle + 1
    else high = middle
  }
  return rows[low]?.id === id ? rows[low] : undefined
}

function* lazyRows(
  event: StoredEvent,
  at: (event: StoredEvent, place: number) => StoredAttribute | undefined,
): Generator<StoredAttribute> {
  for (let place = 0; place < (event.lazy?.count ?? 0); place += 1) {
    const row = at(event, place)
    if (row !== undefined) yield row
  }
}
