import type {
  AttributePage,
  AttributeQuery,
  EventIndex,
  EventIndexQuery,
  MispClient,
  MispRow,
} from '../../src/intel/misp/api.ts'

/** An event as the scripted MISP has it. Times are Unix seconds. */
export interface ScriptedEvent {
  readonly id: string
  readonly uuid: string
  timestamp: number
  published: boolean
  publishedAt: number
  rows: ScriptedRow[]
}

export interface ScriptedRow {
  readonly value: string
  toIds: boolean
  deleted: boolean
}

export type ScriptedCall =
  | { readonly kind: 'index'; readonly query: EventIndexQuery }
  | { readonly kind: 'attributes'; readonly query: AttributeQuery }

export interface ScriptedMisp {
  readonly client: Pick<MispClient, 'searchAttributes' | 'eventIndex'>
  readonly calls: ScriptedCall[]
  readonly events: Map<string, ScriptedEvent>
  /** The server's clock, Unix seconds. */
  now: number
  /** Called before each answer; may throw, or change the server in between. */
  before: (call: ScriptedCall) => void
  /** A published event with these domains; gives its UUID. */
  add(values: readonly string[], more?: Partial<ScriptedEvent>): string
  /** Any change: the event is unpublished by it. */
  edit(uuid: string, change: (event: ScriptedEvent) => void): void
  publish(uuid: string): void
  /** How many calls of a kind there were since the last time it was asked. */
  taken(kind: ScriptedCall['kind']): number
}

export function row(value: string): ScriptedRow {
  return { value, toIds: true, deleted: false }
}

/** A MISP with the rules of `facts/misp-recorded.md` §5, in memory: edits unpublish, publishing sets its time. */
export function scriptedMisp(now = Date.UTC(2026, 2, 9, 8) / 1000): ScriptedMisp {
  const events = new Map<string, ScriptedEvent>()
  const calls: ScriptedCall[] = []
  let looked = 0
  const misp: ScriptedMisp = {
    client: {
      eventIndex: async (query, signal) => {
        await called({ kind: 'index', query }, signal)
        return indexOf(misp, query)
      },
      searchAttributes: async (query, signal) => {
        await called({ kind: 'attributes', query }, signal)
        return pageOf(misp, query)
      },
    },
    calls,
    events,
    now,
    before: () => undefined,
    add: (values, more = {}) => {
      const id = String(events.size + 1)
      const uuid = `5f6c2b1e-0000-4000-8000-${id.padStart(12, '0')}`
      const old = misp.now - 1000
      const event = { id, uuid, timestamp: old, published: true, publishedAt: old, rows: values.map(row) }
      events.set(uuid, { ...event, ...more })
      return uuid
    },
    edit: (uuid, change) => {
      const event = eventOf(misp, uuid)
      change(event)
      event.timestamp = misp.now
      event.published = false
    },
    publish: (uuid) => {
      const event = eventOf(misp, uuid)
      event.published = true
      event.publishedAt = misp.now
    },
    taken: (kind) => {
      const count = calls.slice(looked).filter((call) => call.kind === kind).length
      looked = calls.length
      return count
    },
  }
  async function called(call: ScriptedCall, signal: AbortSignal): Promise<void> {
    calls.push(call)
    await new Promise((resolve) => setImmediate(resolve))
    signal.throwIfAborted()
    misp.before(call)
  }
  return misp
}

function eventOf({ events }: ScriptedMisp, uuid: string): ScriptedEvent {
  const event = events.get(uuid)
  if (event === undefined) throw new Error(`No event ${uuid}`)
  return event
}

function indexOf({ events, now }: ScriptedMisp, { publishedSince }: EventIndexQuery): EventIndex {
  const listed = [...events.values()].filter(
    ({ publishedAt }) => publishedSince === undefined || publishedAt >= publishedSince,
  )
  return {
    events: listed.map(({ id, uuid, timestamp, published }) => ({ id, uuid, timestamp, published })),
    serverTime: now * 1000,
  }
}

function pageOf({ events }: ScriptedMisp, query: AttributeQuery): AttributePage {
  const { events: asked = [], withDeleted, published, limit, page = 1 } = query
  const rows = [...events.values()]
    .filter((event) => asked.includes(event.id) || asked.includes(event.uuid))
    .filter((event) => published === undefined || event.published)
    .flatMap((event) => event.rows.map((each, place) => rowOf(event, each, place)))
    .filter(({ deleted }) => withDeleted === true || !deleted)
    .slice((page - 1) * limit, page * limit)
  return { rows, malformed: 0, skipped: 0, more: rows.length === limit }
}

function rowOf(event: ScriptedEvent, { value, toIds, deleted }: ScriptedRow, place: number): MispRow {
  const uuid = `${event.id.padStart(8, '0')}-0000-4000-8000-${String(place).padStart(12, '0')}`
  return {
    id: `${event.id}${String(place).padStart(7, '0')}`,
    uuid,
    type: 'domain',
    value,
    toIds,
    deleted,
    tags: [],
    event: { id: event.id, uuid: event.uuid, published: event.published, tags: [] },
  }
}
