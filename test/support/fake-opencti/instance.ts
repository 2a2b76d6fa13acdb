import type { Change, OnChange } from './store/changes.ts'
import type { Database } from './store/database.ts'
import { createDatabase } from './store/database.ts'
import type { Collection } from './stream/types.ts'
import type { User, UserName } from './users.ts'
import { createUsers } from './users.ts'

/** Everything the fake platform knows; one per server. */
export interface Instance {
  readonly version: string
  readonly database: Database
  readonly users: Readonly<Record<UserName, User>>
  /** By id. */
  readonly streams: Map<string, Collection>
  readonly taxiiCollections: Map<string, Collection>
  /** Clauses that a search may have. */
  maxClauses: number
  /** Epoch milliseconds. */
  now(): number
  /** Tells those that listen. */
  changed(change: Change): void
  onChange(listener: OnChange): void
}

export function createInstance(version: string, now: () => number): Instance {
  const listeners: OnChange[] = []
  return {
    version,
    now,
    database: createDatabase(),
    users: createUsers(version),
    streams: new Map(),
    taxiiCollections: new Map(),
    maxClauses: 1024,
    changed: (change) => {
      for (const listener of listeners) listener(change)
    },
    onChange: (listener) => {
      listeners.push(listener)
    },
  }
}
