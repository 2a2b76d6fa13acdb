import type { z } from 'zod'
import type { Clock } from '../core/clock.ts'
import type { Store } from '../core/ports.ts'
import type { SharedStoreEvents } from '../telemetry/events/shared-store.ts'
import type { StoreEvents } from '../telemetry/events/store.ts'
import { lmdbConfig } from './lmdb/config.ts'
import { openLmdbStore } from './lmdb/lmdb.ts'
import { memoryConfig, type MemoryConfig } from './memory/config.ts'
import { createMemoryStore } from './memory/memory.ts'
import { redisConfig, type RedisConfig } from './redis/config.ts'
import { splitStore } from './redis/split.ts'

type LmdbConfig = z.infer<typeof lmdbConfig>

export interface StoreContext {
  readonly stateDir: string
  readonly clock: Clock
  readonly events: StoreEvents
}

/** What a store that nodes share needs besides. */
export interface SharedStoreContext extends StoreContext {
  readonly sharedEvents: SharedStoreEvents
  /** Ends the waiting for its server. */
  readonly signal: AbortSignal
}

interface StoreKind<Config, Context> {
  readonly config: z.ZodType<Config>
  readonly open: (config: Config, context: Context) => Promise<Store>
}

interface StoreTable {
  readonly lmdb: StoreKind<LmdbConfig, StoreContext>
  readonly memory: StoreKind<MemoryConfig, StoreContext>
  readonly redis: StoreKind<RedisConfig, SharedStoreContext>
}

/** Every kind of store, by the `type` of its settings. The client of Redis is loaded only where it is used. */
export const STORES = {
  lmdb: { config: lmdbConfig, open: (_config, context) => openLmdbStore(context) },
  memory: {
    config: memoryConfig,
    open: ({ maxEntries }, { clock }) => Promise.resolve(createMemoryStore({ clock, maxEntries })),
  },
  redis: { config: redisConfig, open: openWithRedis },
} as const satisfies StoreTable

/** A store of this node alone. Rejects with STATE_UNWRITABLE. */
export function openStore(config: LmdbConfig | MemoryConfig, context: StoreContext): Promise<Store> {
  return config.type === 'lmdb' ? STORES.lmdb.open(config, context) : STORES.memory.open(config, context)
}

/**
 * What belongs to this node lies in its own state file, which stands in for the server, too. Rejects with STATE_UNWRITABLE,
 * STORE_REFUSED or STORE_UNREACHABLE.
 */
async function openWithRedis(config: RedisConfig, context: SharedStoreContext): Promise<Store> {
  const { openRedisStore } = await import('./redis/open.ts')
  const own = await openLmdbStore(context)
  try {
    const { clock, sharedEvents: events, signal } = context
    return splitStore(own, await openRedisStore(config, { local: own, clock, events, signal }))
  } catch (error) {
    await own.close()
    throw error
  }
}
