import type { StoredObject } from './stored.ts'

/** Something that happened to an object, for those that listen: the event log. */
export interface Change {
  readonly type: 'create' | 'update' | 'delete' | 'merge'
  /** Absent for a new object. */
  readonly before?: StoredObject
  /** Of a deletion: the object as it was. */
  readonly object: StoredObject
  /** What was merged into the object. */
  readonly sources?: readonly StoredObject[]
  /** Who or what did it: `decay`, `expiration`; a person when absent. */
  readonly referer?: string
}

export type OnChange = (change: Change) => void
