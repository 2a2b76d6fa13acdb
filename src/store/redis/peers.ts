import type { Clock } from '../../core/clock.ts'
import type { AppError } from '../../core/errors.ts'
import type { Peers } from '../../core/ports.ts'
import { inTime, type RedisClient } from './client.ts'
import type { RedisConnection } from './connection.ts'
import { takeTurn } from './take.ts'
import { isWrongType, refusedCommand } from './trouble.ts'

export interface PeersOptions {
  readonly connection: RedisConnection
  /** Host and port. */
  readonly server: string
  readonly prefix: string
  readonly clock: Clock
  readonly events: {
    /** The server does not let nodes tell each other; the store goes on. */
    peersRefused(error: AppError): void
  }
}

/** A look-up waits no longer for what other nodes have to say. */
const ANSWER_MS = 250

/** What nobody left: it cannot be understood. */
const FOREIGN = new Uint8Array(0)

/** Beside the store, over its connection. Without journal and stand-in: told later it would be of no use. */
export function createPeers({ connection, server, prefix, clock, events }: PeersOptions): Peers {
  async function attempt<Result>(
    work: (client: RedisClient) => Promise<Result>,
  ): Promise<Result | undefined> {
    if (!connection.isUp()) return undefined
    try {
      return await inTime(
        connection.run((client) => unlessRefused(work(client))),
        ANSWER_MS,
        clock,
      )
    } catch {
      // Who lost the connection has told it.
      return undefined
    }
  }

  /** A command that is refused says nothing of the connection, which the store needs. */
  async function unlessRefused<Result>(work: Promise<Result>): Promise<Result | undefined> {
    try {
      return await work
    } catch (error) {
      const refusal = refusedCommand(error, server)
      if (refusal === undefined) throw error
      events.peersRefused(refusal)
      return undefined
    }
  }

  const hintKey = (key: string): string => `${prefix}hint/${key}`

  return {
    take: (bucket, limits, leftMs) =>
      attempt((client) => takeTurn(client, `${prefix}rate/${bucket}`, limits, leftMs)),
    hint: (key) => attempt((client) => readHint(client, hintKey(key))),
    leaveHint: async (key, value, ttlMs) => {
      const expiration = { type: 'PX', value: Math.max(1, Math.ceil(ttlMs)) } as const
      await attempt((client) => client.set(hintKey(key), Buffer.from(value), { expiration }))
    },
    clearHint: async (key) => {
      await attempt((client) => client.del(hintKey(key)))
    },
  }
}

async function readHint(client: RedisClient, key: string): Promise<Uint8Array | undefined> {
  try {
    const value = await client.get(key)
    return value === null ? undefined : new Uint8Array(Buffer.from(value))
  } catch (error) {
    if (isWrongType(error)) return FOREIGN
    throw error
  }
}
