import { withEither } from '../../core/abort.ts'
import { createBell, type Bell } from '../../core/bell.ts'
import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import { createRedisClient, inspectServer, inTime, type RedisClient } from './client.ts'
import type { RedisConfig } from './config.ts'
import { redisError } from './trouble.ts'

export interface ConnectionEvents {
  up(server: string, version: string): void
  /** Once an outage, and again when it is of another kind. */
  down(server: string, error: AppError): void
}

export interface ConnectionOptions {
  readonly config: RedisConfig
  readonly clock: Clock
  readonly events: ConnectionEvents
}

/** One connection, made again whenever it is lost, until it is closed. */
export interface RedisConnection {
  /** Resolves after the next attempt to connect, or at once when there is a connection; at abort, too. */
  attempted(signal: AbortSignal): Promise<void>
  isUp(): boolean
  /** Resolves when there is a connection, or at abort. */
  whenUp(signal: AbortSignal): Promise<void>
  /** Why there is none. */
  trouble(): AppError
  /**
   * Rejects at once while there is no connection. The connection is given up with any error: a server that hangs, is full or has
   * become a replica is of no use until a new one shows that it takes writes again.
   */
  run<Result>(work: (client: RedisClient) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

interface State extends ConnectionOptions {
  readonly server: string
  readonly closing: AbortController
  /** Rings when there is a connection, and after each attempt without success. */
  readonly changes: Bell
  client: RedisClient | undefined
  trouble: AppError
  told: AppError['code'] | undefined
}

export function connectToRedis(options: ConnectionOptions): RedisConnection {
  const server = `${options.config.host}:${options.config.port}`
  const state: State = {
    ...options,
    server,
    closing: new AbortController(),
    changes: createBell(),
    client: undefined,
    trouble: new AppError('STORE_UNREACHABLE', `The store ${server} has not been reached yet`),
    told: undefined,
  }
  const { closing, changes } = state
  const ended = keepConnected(state)
  return {
    attempted: async (signal) => {
      if (state.client === undefined) await withEither(signal, closing.signal, changes.rung)
    },
    isUp: () => state.client !== undefined,
    whenUp: async (signal) => {
      if (state.client !== undefined) return
      await withEither(signal, closing.signal, async (either) => {
        while (state.client === undefined && !either.aborted) await changes.rung(either)
      })
    },
    trouble: () => state.trouble,
    run: (work) => run(state, work),
    close: async () => {
      closing.abort()
      if (state.client?.isOpen === true) state.client.destroy()
      await ended
    },
  }
}

async function keepConnected(state: State): Promise<void> {
  const { clock, closing, config, changes } = state
  while (!closing.signal.aborted) {
    try {
      await connectOnce(state)
    } catch (error) {
      noteDown(state, error)
      changes.ring()
    }
    await clock.sleep(config.retryDelay, closing.signal)
  }
}

/** Resolves when the connection is lost. Rejects when it could not be made, or the server is of no use. */
async function connectOnce(state: State): Promise<void> {
  const { config, clock, server, closing, changes, events } = state
  const client = createRedisClient(config)
  const lost = whenLost(client)
  try {
    await inTime(client.connect(), config.timeout, clock)
    const version = await inTime(inspectServer(client, config.keyPrefix), config.timeout, clock)
    if (closing.signal.aborted) return
    state.client = client
    state.told = undefined
    changes.ring()
    events.up(server, version)
    noteDown(state, await lost)
  } finally {
    state.client = undefined
    if (client.isOpen) client.destroy()
  }
}

/** Resolves with why. Also hears errors that come later: nobody else would. */
function whenLost(client: RedisClient): Promise<unknown> {
  return new Promise((resolve) => {
    client.on('error', resolve)
    client.on('end', () => resolve(undefined))
  })
}

async function run<Result>(state: State, work: (client: RedisClient) => Promise<Result>): Promise<Result> {
  const { client, config, clock, server } = state
  if (client === undefined) throw state.trouble
  try {
    return await inTime(work(client), config.timeout, clock)
  } catch (cause) {
    const error = redisError(cause, server)
    noteDown(state, error)
    if (client.isOpen) client.destroy()
    throw error
  }
}

function noteDown(state: State, cause: unknown): void {
  const { closing, events, server } = state
  state.trouble = redisError(cause, server)
  if (closing.signal.aborted || state.told === state.trouble.code) return
  state.told = state.trouble.code
  events.down(server, state.trouble)
}
