import { randomBytes } from 'node:crypto'
import { AppError, type ErrorCode } from '../../core/errors.ts'
import type { Store } from '../../core/ports.ts'
import type { RedisConnection } from './connection.ts'
import type { Journal, Write } from './journal.ts'
import type { RedisStore } from './redis.ts'

export interface SharedParts {
  readonly connection: RedisConnection
  readonly shared: Store
  /** What this node knows by itself. It is kept up to date, so that it can stand in at any moment. */
  readonly local: Store
  readonly journal: Journal
  /** Called when the journal has more: the connection may be back by now, and nobody else would tell it. */
  readonly onNoted: () => void
}

/**
 * The shared store while it answers, else the node's own, with a journal of what the shared one has to be told. `close` closes the
 * connection, not the local store.
 */
export function createStandIn({ connection, shared, local, journal, onNoted }: SharedParts): Store {
  function note(key: string, write: Write): void {
    journal.note(key, write)
    onNoted()
  }

  async function either<Result>(there: () => Promise<Result>, here: () => Promise<Result>): Promise<Result> {
    // While the journal is being told, the shared store does not know yet what this node knows.
    if (!connection.isUp() || journal.size() > 0) return here()
    try {
      return await there()
    } catch (error) {
      if (!isAway(error)) throw error
      return here()
    }
  }

  return {
    get: (key) =>
      either(
        () => shared.get(key),
        () => local.get(key),
      ),
    set: async (key, value, ttlMs) => {
      await local.set(key, value, ttlMs)
      await either(
        () => shared.set(key, value, ttlMs),
        () => Promise.resolve(note(key, { value: new Uint8Array(value), ttlMs })),
      )
    },
    claim: (key, ttlMs) =>
      either(
        () => shared.claim(key, ttlMs),
        async () => {
          const mine = await local.claim(key, ttlMs)
          if (mine) note(key, { value: new Uint8Array(0), ttlMs, claim: true })
          return mine
        },
      ),
    delete: async (key) => {
      await local.delete(key)
      await either(
        () => shared.delete(key),
        () => Promise.resolve(note(key, { value: undefined, ttlMs: 0 })),
      )
    },
    scan: (prefix) => (connection.isUp() ? shared.scan(prefix) : local.scan(prefix)),
    count: (prefix) =>
      either(
        () => shared.count(prefix),
        () => local.count(prefix),
      ),
    close: () => shared.close(),
  }
}

/** As many as a UUID has: two claims never have the same. */
const TOKEN_BYTES = 16

/** Every call waits until the shared store is there; `signal` ends the waiting, with its own error. */
export function createPatient(shared: RedisStore, connection: RedisConnection, signal: AbortSignal): Store {
  async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      await connection.whenUp(signal)
      if (!connection.isUp()) throw connection.trouble()
      try {
        return await work()
      } catch (error) {
        if (!isAway(error)) throw error
      }
    }
  }
  return {
    get: (key) => patiently(() => shared.get(key)),
    set: (key, value, ttlMs) => patiently(() => shared.set(key, value, ttlMs)),
    claim: (key, ttlMs) => {
      const token = randomBytes(TOKEN_BYTES)
      return patiently(() => shared.claim(key, ttlMs, token))
    },
    delete: (key) => patiently(() => shared.delete(key)),
    scan: (prefix) => shared.scan(prefix),
    count: (prefix) => patiently(() => shared.count(prefix)),
    close: () => shared.close(),
  }
}

const AWAY = new Set<ErrorCode>(['STORE_UNREACHABLE', 'STORE_REFUSED', 'STORE_FULL'])

function isAway(error: unknown): boolean {
  return error instanceof AppError && AWAY.has(error.code)
}
