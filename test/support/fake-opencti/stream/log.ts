import type { Instance } from '../instance.ts'
import type { Change } from '../store/changes.ts'
import { representativeOf } from '../graphql/objects.ts'
import type { StoredObject } from '../store/stored.ts'
import type { StixObject } from './stix.ts'
import { toStix } from './stix.ts'

/** An event as the log keeps it, with its objects as they were then. */
export interface LogEntry extends Change {
  /** `<ms>-<n>` */
  readonly eventId: string
  readonly document: StixObject
  readonly previous?: StixObject
  readonly sourceDocuments?: readonly StixObject[]
  readonly message: string
}

export interface EventLog {
  readonly firstEventId: string
  readonly lastEventId: string
  readonly size: number
  /** Those after a position. */
  after(eventId: string): readonly LogEntry[]
  append(change: Change): LogEntry
  /** Forgets all but the newest so many. */
  trim(keep: number): void
}

/** A platform keeps about a month. */
const KEPT_MS = 30 * 86_400_000

export function createEventLog(instance: Instance): EventLog {
  const started = instance.now() - KEPT_MS
  let first = `${started}-0`
  let last = `${instance.now()}-0`
  let entries: LogEntry[] = []
  const nextId = (): string => {
    const now = instance.now()
    const [ms = 0, n = 0] = last.split('-').map(Number)
    return now > ms ? `${now}-0` : `${ms}-${n + 1}`
  }
  return {
    get firstEventId() {
      return first
    },
    get lastEventId() {
      return last
    },
    get size() {
      return entries.length + 1
    },
    after: (eventId) => entries.filter((entry) => compareIds(entry.eventId, eventId) > 0),
    append: (change) => {
      last = nextId()
      const document = toStix(instance, change.object)
      const entry: LogEntry = {
        ...change,
        eventId: last,
        document,
        message: messageOf(change),
        ...(change.before === undefined ? {} : { previous: toStix(instance, change.before) }),
        ...(change.sources === undefined
          ? {}
          : { sourceDocuments: change.sources.map((source) => toStix(instance, source)) }),
      }
      entries.push(entry)
      return entry
    },
    trim: (keep) => {
      entries = keep === 0 ? [] : entries.slice(-keep)
      first = entries[0]?.eventId ?? last
    },
  }
}

/** By time, then by number. */
export function compareIds(a: string, b: string): number {
  const [[aMs = 0, aN = 0], [bMs = 0, bN = 0]] = [a.split('-').map(Number), b.split('-').map(Number)]
  return aMs === bMs ? aN - bN : aMs - bMs
}

const VERBS = { create: 'creates', delete: 'deletes', merge: 'merges', update: 'updates' } as const

function messageOf({ type, before, object }: Change): string {
  if (type !== 'update' || before === undefined) return `${VERBS[type]} a ${titleOf(object)}`
  const changed = Object.keys(object).filter(
    (name) => object[name] !== before[name] && name !== 'updated_at' && name !== 'modified',
  )
  return `replaces ${changed.map((name) => `\`${JSON.stringify(object[name])}\` in \`${name}\``).join(' and ')}`
}

export function titleOf(object: StoredObject): string {
  return `${object.entity_type} \`${representativeOf(object)}\``
}
