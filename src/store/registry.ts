import type { z } from 'zod'
import type { Clock } from '../core/clock.ts'
import type { Store } from '../core/ports.ts'
import type { StoreEvents } from '../telemetry/events/store.ts'
import { lmdbConfig } from './lmdb/config.ts'
import { openLmdbStore } from './lmdb/lmdb.ts'
import { memoryConfig, type MemoryConfig } from './memory/config.ts'
import { createMemoryStore } from './memory/memory.ts'
import { redisConfig } from './redis/config.ts'

type LmdbConfig = z.infer<typeof lmdbConfig>
type RedisConfig = z.infer<typeof redisConfig>

export interface StoreContext {
  readonly stateDir: string
  readonly clock: Clock
  readonly events: StoreEvents
}

interface StoreKind<Config> {
  readonly config: z.ZodType<Config>
  /** Undefined: the settings are parsed and checked, but nothing is made of them in this version. */
  readonly open: ((config: Config, context: StoreContext) => Promise<Store>) | undefined
}

interface StoreTable {
  readonly lmdb: StoreKind<LmdbConfig>
  readonly memory: StoreKind<MemoryConfig>
  readonly redis: StoreKind<RedisConfig>
}

/** Every kind of store, by the `type` of its settings. */
export const STORES = {
  lmdb: { config: lmdbConfig, open: (_config, context) => openLmdbStore(context) },
  memory: {
    config: memoryConfig,
    open: ({ maxEntries }, { clock }) => Promise.resolve(createMemoryStore({ clock, maxEntries })),
  },
  redis: { config: redisConfig, open: undefined },
} as const satisfies StoreTable

/** The store the settings ask for; redis is not active in this version. Rejects with STATE_UNWRITABLE. */
export function openStore(config: LmdbConfig | MemoryConfig, context: StoreContext): Promise<Store> {
  return config.type === 'lmdb' ? STORES.lmdb.open(config, context) : STORES.memory.open(config, context)
}
