import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import type { Store } from '../../core/ports.ts'
import type { SharedStoreEvents } from '../../telemetry/events/shared-store.ts'
import type { RedisConfig } from './config.ts'
import { connectToRedis, type RedisConnection } from './connection.ts'
import { createJournal } from './journal.ts'
import { createPeers } from './peers.ts'
import { createRedisStore } from './redis.ts'
import { createPatient, createStandIn } from './shared.ts'

export interface RedisStoreOptions {
  /** The node's own store; it stays open. */
  readonly local: Store
  readonly clock: Clock
  readonly events: SharedStoreEvents
  /** Ends the waiting for the server. */
  readonly signal: AbortSignal
}

/** Writes of an outage that are told afterwards: some 100 MB at most, as answers of providers are bounded. */
const MAX_JOURNAL = 50_000

/**
 * The store that nodes share. Rejects with STORE_REFUSED when the server wants something else of the settings, and, with
 * `whenDown: wait`, with STORE_UNREACHABLE after all attempts.
 */
export async function openRedisStore(config: RedisConfig, options: RedisStoreOptions): Promise<Store> {
  const { clock, events, local, signal } = options
  const journal = createJournal(MAX_JOURNAL, clock, events)
  const server = `${config.host}:${config.port}`
  if (config.tls && !config.tlsVerify) events.unverified(server)
  const connection = connectToRedis({
    config,
    clock,
    events: {
      down: (_server, error) => events.down(server, error, config.whenDown),
      up: (_server, version) => {
        events.up(server, version)
        void tellJournal()
      },
    },
  })
  const shared = createRedisStore(connection, config.keyPrefix)

  let isTelling = false

  /** Until nothing is left, or the connection is: what is not told now is told after the next one. */
  async function tellJournal(): Promise<void> {
    if (isTelling) return
    isTelling = true
    while (journal.size() > 0 && connection.isUp()) {
      try {
        events.told(await journal.tell(shared))
      } catch (error) {
        events.notTold(error, journal.size())
      }
    }
    isTelling = false
  }

  try {
    await reached(connection, config, signal)
  } catch (error) {
    await connection.close()
    throw error
  }
  const store =
    config.whenDown === 'wait'
      ? createPatient(shared, connection, signal)
      : createStandIn({ connection, shared, local, journal, onNoted: () => void tellJournal() })
  const peers = createPeers({ connection, server, prefix: config.keyPrefix, clock, events })
  return { ...store, peers }
}

/** Waits for the first attempts: what will not mend itself must be seen at the start. */
async function reached(connection: RedisConnection, config: RedisConfig, signal: AbortSignal): Promise<void> {
  const attempts = config.whenDown === 'wait' ? config.retryAttempts + 1 : 1
  for (let made = 0; made < attempts && !connection.isUp() && !signal.aborted; made += 1)
    await connection.attempted(signal)
  if (connection.isUp()) return
  const trouble = connection.trouble()
  const isLate = config.whenDown === 'wait' && !signal.aborted
  if (isLate || trouble.code === 'STORE_REFUSED') throw trouble
  if (signal.aborted && config.whenDown === 'wait')
    throw new AppError(trouble.code, trouble.message, { cause: trouble })
}
