import { isIP } from 'node:net'
import { createClient, RESP_TYPES } from '@redis/client'
import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import { tlsOptions } from '../../core/tls.ts'
import type { RedisConfig } from './config.ts'

/** One connection of node-redis: keys and values are bytes. */
export type RedisClient = ReturnType<typeof createRedisClient>

const BYTES = { [RESP_TYPES.BLOB_STRING]: Buffer } as const

/** It connects once, and is over when its connection is; nothing waits in it for a connection. */
export function createRedisClient(config: RedisConfig) {
  const { host, port, db, username, password, timeout } = config
  const address = { host, port, connectTimeout: timeout, reconnectStrategy: false as const }
  // RFC 6066: an address is no server name.
  const named = isIP(host) === 0 ? { servername: host } : {}
  return createClient({
    RESP: 2,
    socket: config.tls ? { ...address, tls: true, ...named, ...tlsOptions(config) } : address,
    database: db,
    disableOfflineQueue: true,
    disableClientInfo: true,
    name: 'tripline',
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: password.reveal() }),
  }).withTypeMapping(BYTES)
}

const LEAST = [6, 2] as const

/** Whether the server is new enough and takes writes: rejects otherwise. Gives its version. */
export async function inspectServer(client: RedisClient, prefix: string): Promise<string> {
  const info = await client.info('server')
  const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? '0'
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1]))
    throw new AppError('STORE_REFUSED', `The store is a Redis ${version}, which is too old`, {
      hint: 'Redis 6.2 or later is needed, or any Valkey.',
    })
  const key = Buffer.from(`${prefix}hello`)
  await client.set(key, Buffer.alloc(0), { expiration: { type: 'PX', value: 1000 } })
  await client.del(key)
  return version
}

const unheard = (): void => undefined

/** Rejects with STORE_UNREACHABLE when the work takes longer; it goes on unheard. */
export async function inTime<Result>(work: Promise<Result>, ms: number, clock: Clock): Promise<Result> {
  const over = new AbortController()
  const late = clock.sleep(ms, over.signal).then(() => {
    throw new AppError('STORE_UNREACHABLE', `The store gave no answer within ${ms / 1000} s`, {
      hint: 'Look at the load of the server and the network; `timeout` is a setting of the store.',
    })
  })
  work.catch(unheard)
  late.catch(unheard)
  try {
    return await Promise.race([work, late])
  } finally {
    over.abort()
  }
}
