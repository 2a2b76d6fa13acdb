import type { Store } from '../../core/ports.ts'
import type { RedisConnection } from './connection.ts'
import { isWrongType } from './trouble.ts'

/** Keys read at once by `scan`. */
const PAGE = 256

const NOTHING = Buffer.alloc(0)

/** Redis counts in whole milliseconds, below 2^63. */
const MOST_MS = 2 ** 52

export interface RedisStore extends Store {
  /** `token`: of this claim alone. A claim with it may be tried again when no answer came: it knows its own. */
  claim(key: string, ttlMs: number, token?: Uint8Array): Promise<boolean>
}

/**
 * State in Redis, shared by all who use the same prefix. Expiry is by the server's clock. Every call rejects as
 * `RedisConnection.run` does.
 */
export function createRedisStore(connection: RedisConnection, prefix: string): RedisStore {
  const stored = (key: string): Buffer => Buffer.from(prefix + key)

  async function set(key: string, value: Uint8Array, ttlMs: number): Promise<void> {
    if (!(ttlMs > 0)) return remove(key)
    const bytes = Buffer.from(value)
    await connection.run((client) => client.set(stored(key), bytes, expiryOf(ttlMs)))
  }

  async function remove(key: string): Promise<void> {
    await connection.run((client) => client.del(stored(key)))
  }

  async function claim(key: string, ttlMs: number, token?: Uint8Array): Promise<boolean> {
    if (!(ttlMs > 0)) return (await read(key)) === undefined
    const options = { ...expiryOf(ttlMs), condition: 'NX' } as const
    const value = token === undefined ? NOTHING : Buffer.from(token)
    const isSet = await connection.run(
      async (client) => (await client.set(stored(key), value, options)) !== null,
    )
    return isSet || (token !== undefined && value.equals((await read(key)) ?? NOTHING))
  }

  function read(key: string): Promise<Uint8Array | undefined> {
    return connection.run(async (client) => bytesOf(await client.get(stored(key)).catch(absentIfForeign)))
  }

  async function* scan(start: string): AsyncGenerator<readonly [string, Uint8Array]> {
    const keys = await keysOf(connection, prefix + start)
    for (let at = 0; at < keys.length; at += PAGE) {
      const page = keys.slice(at, at + PAGE)
      const values = await connection.run((client) => client.mGet(page))
      for (const [index, key] of page.entries()) {
        const value = bytesOf(values[index])
        if (value !== undefined) yield [key.toString().slice(prefix.length), value]
      }
    }
  }

  async function count(start: string): Promise<number> {
    let found = 0
    for await (const keys of pagesOf(connection, prefix + start)) found += keys.length
    return found
  }

  return { get: read, set, claim, delete: remove, scan, count, close: () => connection.close() }
}

/** Something else than a value under our key is none: somebody else has put it there, and the server is well. */
function absentIfForeign(error: unknown): null {
  if (isWrongType(error)) return null
  throw error
}

/** All keys with the prefix, in the order of their bytes. */
async function keysOf(connection: RedisConnection, prefix: string): Promise<readonly Buffer[]> {
  const found = new Map<string, Buffer>()
  for await (const keys of pagesOf(connection, prefix))
    for (const key of keys) found.set(key.toString('latin1'), key)
  return [...found.values()].toSorted((left, right) => Buffer.compare(left, right))
}

/** As SCAN gives them: in no order, and a key may come twice. */
async function* pagesOf(connection: RedisConnection, prefix: string): AsyncGenerator<readonly Buffer[]> {
  const match = `${prefix.replace(/[\\*?[\]]/g, '\\$&')}*`
  let cursor = '0'
  do {
    const from = cursor
    const page = await connection.run((client) => client.scan(from, { MATCH: match, COUNT: PAGE }))
    yield page.keys
    cursor = page.cursor.toString()
  } while (cursor !== '0')
}

function expiryOf(ttlMs: number): { readonly expiration?: { readonly type: 'PX'; readonly value: number } } {
  if (ttlMs > MOST_MS) return {}
  return { expiration: { type: 'PX', value: Math.max(1, Math.ceil(ttlMs)) } }
}

function bytesOf(reply: Buffer | string | null | undefined): Uint8Array | undefined {
  if (reply === null || reply === undefined) return undefined
  return typeof reply === 'string' ? Buffer.from(reply) : new Uint8Array(reply)
}
