import type { Instance } from '../instance.ts'
import type { Matcher } from '../filters/compile.ts'
import type { StoredObject } from '../store/stored.ts'
import { isRelation, KINDS } from '../store/stored.ts'
import { atLeast } from '../version.ts'
import { matcherOf } from './collections.ts'
import type { Connection } from './connection.ts'
import type { LogEntry } from './log.ts'
import { titleOf } from './log.ts'
import { patchBetween } from './patch.ts'
import type { StreamRequest } from './request.ts'
import { ACTOR, toStix } from './stix.ts'

/** What one client is sent: events as its collection's filter shows them, what they refer to before them. */
export interface Session {
  readonly connection: Connection
  deliver(entry: LogEntry): void
  /** What changed in a span, from the database; ends early when the client leaves. */
  recover(after: string, until: string): Promise<void>
}

export function createSession(instance: Instance, connection: Connection, request: StreamRequest): Session {
  const sent = new Set<string>()
  const matcher: Matcher = (object) =>
    matcherOf(connection.collection === undefined ? undefined : instance.streams.get(connection.collection))(
      object,
    )
  const initial = (object: StoredObject, eventId: string, referer: string): void => {
    const data = {
      data: toStix(instance, object),
      message: `creates a ${titleOf(object)}`,
      origin: { referer },
      version: '4',
    }
    connection.write('create', data, eventId)
  }
  const dependencies = (object: StoredObject, eventId: string): void => {
    for (const each of referredBy(instance, object, request.dependencies)) {
      if (sent.has(each.id)) continue
      sent.add(each.id)
      initial(each, eventId, 'init-dependencies')
    }
  }
  return {
    connection,
    deliver: (entry) => {
      const event = eventFor(entry, matcher)
      if (event === undefined || (event === 'delete' && !request.deletions)) return
      if (event !== 'delete') dependencies(entry.object, entry.eventId)
      connection.write(event, envelope(entry, event, instance.version), entry.eventId)
    },
    recover: async (after, until) => {
      const due = changedBetween(instance, matcher, { after, until })
      for (const object of due) {
        if (connection.closed) return
        const eventId = `${Date.parse(object.updated_at)}-0`
        dependencies(object, eventId)
        initial(object, eventId, 'init-create')
        await connection.drained()
      }
    },
  }
}

type EventName = LogEntry['type']

/** An update that brings an object into the filter is a creation, one that takes it out a deletion. */
function eventFor({ type, before, object }: LogEntry, matcher: Matcher): EventName | undefined {
  const now = matcher(object)
  if (type === 'create' || type === 'delete') return now ? type : undefined
  const was = before !== undefined && matcher(before)
  if (now) return was ? type : 'create'
  return was ? 'delete' : undefined
}

function envelope(entry: LogEntry, event: EventName, version: string): unknown {
  const { type, document, previous, message, eventId, sources, referer } = entry
  const head = { version: '4', type, scope: 'external', message, origin: originOf(referer) }
  const left = event === 'delete' && type === 'update'
  if (left && atLeast(version, '7.260811.0'))
    return { ...head, data: previous, context: {}, event_id: eventId }
  if (previous === undefined) return { ...head, data: document, event_id: eventId }
  const patches = { patch: patchBetween(previous, document), reverse_patch: patchBetween(document, previous) }
  const context = sources === undefined ? patches : { ...patches, sources: entry.sourceDocuments }
  return { ...head, data: document, context, event_id: eventId }
}

function originOf(referer: string | undefined): unknown {
  if (referer === 'expiration') return {}
  if (referer !== undefined) return { user_id: ACTOR, referer }
  return {
    socket: 'query',
    ip: '::ffff:192.0.2.10',
    user_id: ACTOR,
    group_ids: ['a1b2c3d4-0000-4000-8000-000000000001'],
    organization_ids: [],
    user_metadata: {},
    referer: 'https://opencti.example/dashboard',
  }
}

/** Markings, labels and author always; relationships and what is at their other end when they are wanted. */
function referredBy(
  { database }: Instance,
  object: StoredObject,
  relationships: boolean,
): readonly StoredObject[] {
  const author = object.createdBy === null ? [] : [object.createdBy]
  const always = [...object.objectMarking, ...author, ...object.objectLabel]
  if (!relationships || isRelation(object)) return always
  const related = database.relationsOf(object.id).flatMap((relation) => {
    const other = database.find(relation.fromId === object.id ? relation.toId : relation.fromId)
    return other === undefined ? [] : [other, relation]
  })
  return [...always, ...related]
}

interface Span {
  readonly after: string
  readonly until: string
}

/** By time of change. Markings and labels come as dependencies only. */
function changedBetween(
  { database }: Instance,
  matcher: Matcher,
  { after, until }: Span,
): readonly StoredObject[] {
  const start = new Date(Number(after.split('-')[0])).toISOString()
  const kinds = KINDS.filter((kind) => kind !== 'marking' && kind !== 'label')
  const found = kinds.flatMap((kind) =>
    [...database.all(kind)].filter(
      (object) => object.updated_at > start && object.updated_at <= until && matcher(object),
    ),
  )
  return found.toSorted((a, b) => (a.updated_at < b.updated_at ? -1 : 1))
}
