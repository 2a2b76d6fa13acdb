import { createClient } from '@redis/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectToRedis, type RedisConnection } from '../../src/store/redis/connection.ts'
import { redisConfig } from '../../src/store/redis/config.ts'
import { createRedisStore } from '../../src/store/redis/redis.ts'
import { systemClock } from '../../src/core/clock.ts'
import { redisInstalled, startRedis, type RedisServer } from '../support/redis-server.ts'
import { hangingOn } from '../support/signals.ts'
import { keysOf, storeContract } from './store.ts'

const NEAR_MS = 60_000
const never = new AbortController().signal
const quiet = { up: () => undefined, down: () => undefined }

describe.runIf(redisInstalled('the store redis'))('redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.remove())

  function connect(settings: object = {}): RedisConnection {
    const config = redisConfig.parse({ type: 'redis', host: '127.0.0.1', port: server.port, ...settings })
    return connectToRedis({ config, clock: systemClock, events: quiet })
  }

  let folders = 0
  storeContract('redis', () => {
    const prefix = `contract[${folders++}]*:`
    return Promise.resolve({
      nearMs: NEAR_MS,
      open: async () => {
        const connection = connect({ keyPrefix: prefix })
        await connection.attempted(never)
        return createRedisStore(connection, prefix)
      },
      pass: (ms) => age(server.port, prefix, ms),
      remove: () => Promise.resolve(),
    })
  })

  it('keeps the keys of two prefixes apart', async () => {
    const connection = connect()
    await connection.attempted(never)
    const [ours, others] = ['a*', 'a*b'].map((prefix) => createRedisStore(connection, prefix))
    await others?.set('c', Buffer.from('x'), 60_000)
    expect(ours && (await keysOf(ours, ''))).toEqual(['bc'])
    expect(ours && (await keysOf(ours, 'c'))).toEqual([])
    await connection.close()
  })

  it('leaves nothing on the signal of those who wait for it, whether it is there or not', async () => {
    const { signal } = new AbortController()
    const [up, down] = [connect(), connect({ port: 1, retryDelay: '100ms' })]
    for (let wait = 0; wait < 100; wait++) {
      await up.attempted(signal)
      await up.whenUp(signal)
    }
    await down.attempted(signal)
    await down.attempted(signal)
    expect([up.isUp(), down.isUp(), hangingOn(signal)]).toEqual([true, false, 0])
    await Promise.all([up.close(), down.close()])
  })

  it('takes what is no value under its key for nothing, writes over it, and keeps the connection', async () => {
    const connection = connect()
    await connection.attempted(never)
    const store = createRedisStore(connection, 'foreign:')
    const client = await createClient({ socket: { host: '127.0.0.1', port: server.port } }).connect()
    await client.lPush('foreign:match/1', 'a list')
    client.destroy()
    expect(await store.get('match/1')).toBeUndefined()
    expect(await keysOf(store, 'match/')).toEqual([])
    await store.set('match/1', Buffer.from('ours'), 1000)
    expect(Buffer.from((await store.get('match/1')) ?? []).toString()).toBe('ours')
    expect(connection.isUp()).toBe(true)
    await store.close()
  })

  it('gives a claim to one of two nodes', async () => {
    const connections = [connect(), connect()]
    await Promise.all(connections.map((each) => each.attempted(never)))
    const stores = connections.map((connection) => createRedisStore(connection, 'two:'))
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => stores.map((store) => store.claim(`k${i}`, 60_000))).flat(),
    )
    expect(answers.filter(Boolean)).toHaveLength(100)
    for (const store of stores) await store.close()
  })
})

/** Makes every key with the prefix so much older: what a server's own clock does, without the wait. */
async function age(port: number, prefix: string, ms: number): Promise<void> {
  const client = createClient({ socket: { host: '127.0.0.1', port } })
  await client.connect()
  const keys = (await client.keys('*')).filter((key) => key.startsWith(prefix))
  for (const key of keys) {
    const left = await client.pTTL(key)
    if (left >= 0) await client.pExpire(key, left - ms)
  }
  client.destroy()
}
