import type { FakeAttributeInput } from '../types.ts'
import type { Database } from './database.ts'
import type { StoredAttribute, StoredEvent } from './stored.ts'
import { normaliseValue } from './normalise.ts'

/** What an edit may change. */
export type AttributeEdit = Partial<
  Pick<
    FakeAttributeInput,
    'value' | 'type' | 'to_ids' | 'category' | 'comment' | 'tags' | 'first_seen' | 'last_seen'
  >
>

/** Any edit makes the event unpublished, with the time of the edit; `publish_timestamp` stays. */
export function touchEvent(database: Database, event: StoredEvent, now: number): void {
  event.published = false
  event.timestamp = Math.trunc(now)
  database.touch()
}

export function publishEvent(database: Database, event: StoredEvent, now: number): void {
  event.published = true
  event.publishTimestamp = Math.trunc(now)
  database.touch()
}

/** The row itself, not a passing copy of a lazy one. */
function settledRow(database: Database, row: StoredAttribute): StoredAttribute {
  return database.settle(row.event).find(({ id }) => id === row.id) ?? row
}

export function editRow(database: Database, row: StoredAttribute, edit: AttributeEdit, now: number): void {
  const target = settledRow(database, row)
  target.type = edit.type ?? target.type
  target.toIds = edit.to_ids ?? target.toIds
  target.category = edit.category ?? target.category
  target.comment = edit.comment ?? target.comment
  target.firstSeen = edit.first_seen === undefined ? target.firstSeen : edit.first_seen
  target.lastSeen = edit.last_seen === undefined ? target.lastSeen : edit.last_seen
  if (edit.tags !== undefined) target.tags = edit.tags.map(database.tags.of)
  if (edit.value !== undefined) target.value = normaliseValue(target.type, edit.value)
  target.timestamp = Math.trunc(now)
  if (edit.value !== undefined || edit.type !== undefined) database.reindex(target)
  touchEvent(database, target.event, now)
}

/** A soft-deleted row stays, marked, with the time of its deletion; a hard-deleted one leaves no trace. */
export function deleteRow(database: Database, row: StoredAttribute, how: 'soft' | 'hard', now: number): void {
  const target = settledRow(database, row)
  if (how === 'hard') database.removeRow(target)
  else {
    target.deleted = true
    target.timestamp = Math.trunc(now)
  }
  touchEvent(database, target.event, now)
}
