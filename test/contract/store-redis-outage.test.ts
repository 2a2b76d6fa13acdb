import { createClient } from '@redis/client'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { createLatch } from '../../src/core/latch.ts'
import type { Store } from '../../src/core/ports.ts'
import { createMemoryStore } from '../../src/store/memory/memory.ts'
import { redisConfig } from '../../src/store/redis/config.ts'
import { openRedisStore } from '../../src/store/redis/open.ts'
import { sharedStoreEvents } from '../../src/telemetry/events/shared-store.ts'
import { redisInstalled, startRedis, type RedisServer } from '../support/redis-server.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

const HOUR_MS = 3_600_000
const TLS = join(import.meta.dirname, '../fixtures/tls')
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)

interface Node {
  readonly store: Store
  readonly telemetry: ReturnType<typeof recordedTelemetry>
}

let servers: RedisServer[] = []
let closing: (() => unknown)[] = []
beforeEach(() => {
  servers = []
  closing = []
})
afterEach(async () => {
  for (const close of closing.toReversed()) await close()
  for (const server of servers) await server.remove()
})

async function redis(settings: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  const server = await startRedis(settings)
  servers.push(server)
  return server
}

function localStore(): Store {
  return createMemoryStore({ clock: systemClock, maxEntries: 1000 })
}

interface NodeParts {
  readonly stop?: AbortController
  readonly local?: Store
}

async function node(
  port: number,
  settings: object = {},
  { stop = new AbortController(), local = localStore() }: NodeParts = {},
): Promise<Node> {
  const telemetry = recordedTelemetry()
  const config = redisConfig.parse({
    type: 'redis',
    host: '127.0.0.1',
    port,
    retryDelay: '20ms',
    timeout: '500ms',
    ...settings,
  })
  const store = await openRedisStore(config, {
    local,
    clock: systemClock,
    events: sharedStoreEvents(telemetry),
    signal: stop.signal,
  })
  closing.push(() => store.close())
  closing.push(() => stop.abort())
  return { store, telemetry }
}

function logged({ telemetry }: Node, message: string): Promise<unknown> {
  return expect.poll(() => telemetry.lines.map(({ msg }) => msg), { timeout: 10_000 }).toContain(message)
}

function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : new TextDecoder().decode(value)
}

describe.runIf(redisInstalled('outages of a shared store'))('a shared store', () => {
  it('that is back while the own store is still at a claim hears of that, too, and is asked again', async () => {
    const server = await redis()
    const inner = localStore()
    const may = createLatch()
    const local: Store = { ...inner, claim: (key, ttlMs) => may.opened.then(() => inner.claim(key, ttlMs)) }
    const [one, two] = [await node(server.port, {}, { local }), await node(server.port)]
    await server.kill()
    await logged(one, 'The shared store is away')
    const claimed = one.store.claim('late', HOUR_MS)
    await server.start()
    const ups = () => one.telemetry.lines.filter(({ msg }) => msg === 'The shared store is connected').length
    await expect.poll(ups, { timeout: 10_000 }).toBe(2)
    may.open()
    expect(await claimed).toBe(true)
    await logged(one, 'The shared store knows what was written while it was away')
    expect(await two.store.claim('late', HOUR_MS)).toBe(false)
    await two.store.set('of two', bytes('2'), HOUR_MS)
    expect(text(await one.store.get('of two'))).toBe('2')
  })

  it('that took a claim and hung before its answer gives it to the one who asks again', async () => {
    const server = await redis()
    const [one, two] = [
      await node(server.port, { whenDown: 'wait' }),
      await node(server.port, { whenDown: 'wait' }),
    ]
    server.pause()
    const claimed = one.store.claim('mine', HOUR_MS)
    await logged(one, 'The shared store is away')
    server.goOn()
    expect(await claimed).toBe(true)
    expect(await two.store.claim('mine', HOUR_MS)).toBe(false)
    expect(await one.store.claim('mine', HOUR_MS)).toBe(false)
  })

  it('that is killed and restarted: the node goes on with what it knows, then tells it what happened meanwhile', async () => {
    const server = await redis()
    const [one, two] = [await node(server.port), await node(server.port)]
    await one.store.set('before', bytes('1'), HOUR_MS)
    expect(text(await two.store.get('before'))).toBe('1')

    await server.kill()
    await logged(one, 'The shared store is away')
    expect(text(await one.store.get('before'))).toBe('1')
    expect(await two.store.get('before')).toBeUndefined()
    await one.store.set('meanwhile', bytes('2'), HOUR_MS)
    await one.store.delete('before')
    expect(await one.store.claim('claim', HOUR_MS)).toBe(true)
    expect(await one.store.claim('claim', HOUR_MS)).toBe(false)

    await server.start()
    await logged(one, 'The shared store knows what was written while it was away')
    await logged(two, 'The shared store is connected')
    await expect.poll(async () => text(await two.store.get('meanwhile')), { timeout: 10_000 }).toBe('2')
    expect(await two.store.get('before')).toBeUndefined()
    expect(await two.store.claim('claim', HOUR_MS)).toBe(false)
    expect(await one.telemetry.metrics.total('shared_store_outages_total')).toBe(1)
  })

  it('that hangs is left alone after its time, and used again when it answers', async () => {
    const server = await redis()
    const one = await node(server.port)
    await one.store.set('a', bytes('1'), HOUR_MS)
    server.pause()
    expect(text(await one.store.get('a'))).toBe('1')
    await one.store.set('a', bytes('2'), HOUR_MS)
    server.goOn()
    await logged(one, 'The shared store knows what was written while it was away')
    expect(text(await (await node(server.port)).store.get('a'))).toBe('2')
  })

  it('that is away at the start is joined when it comes', async () => {
    const server = await redis()
    await server.kill()
    const one = await node(server.port)
    await one.store.set('a', bytes('1'), HOUR_MS)
    await server.start()
    await logged(one, 'The shared store knows what was written while it was away')
    expect(text(await (await node(server.port)).store.get('a'))).toBe('1')
  })

  it.each([
    ['has become a replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
    ['has no memory left', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
  ])('that %s is written to again when it takes writes', async (_name, breaking, mending) => {
    const server = await redis()
    const one = await node(server.port)
    const admin = createClient({ socket: { host: '127.0.0.1', port: server.port } })
    await admin.connect()
    closing.push(() => admin.destroy())
    await admin.sendCommand(breaking)
    await one.store.set('a', bytes('1'), HOUR_MS)
    await logged(one, 'The shared store is away')
    await admin.sendCommand(mending)
    await logged(one, 'The shared store knows what was written while it was away')
    expect(await admin.get('tripline:a')).toBe('1')
  })

  it('with whenDown wait keeps callers until it is back', async () => {
    const server = await redis()
    const one = await node(server.port, { whenDown: 'wait' })
    await server.kill()
    const writing = one.store.set('a', bytes('1'), HOUR_MS)
    const reading = one.store.claim('c', HOUR_MS)
    await logged(one, 'The shared store is away')
    await server.start()
    await writing
    expect(await reading).toBe(true)
    expect(text(await one.store.get('a'))).toBe('1')
  })

  it('with whenDown wait ends the waiting when Tripline stops', async () => {
    const server = await redis()
    const stop = new AbortController()
    const one = await node(server.port, { whenDown: 'wait' }, { stop })
    await server.kill()
    const reading = one.store.get('a')
    await logged(one, 'The shared store is away')
    stop.abort()
    await expect(reading).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
  })

  it('with whenDown wait is given up at the start after all attempts', async () => {
    const server = await redis()
    await server.kill()
    await expect(node(server.port, { whenDown: 'wait', retryAttempts: 3 })).rejects.toMatchObject({
      code: 'STORE_UNREACHABLE',
      message: expect.stringContaining('refuses connections') as string,
    })
  })

  it.each([
    ['without the password', {}, 'wants a password'],
    ['with a wrong password', { password: 'PLANTED' }, 'refuses the password'],
    ['with a user that does not exist', { username: 'nobody', password: 'PLANTED' }, 'refuses the password'],
    ['with a user that may do too little', { username: 'weak', password: 'weak' }, 'does not let this user'],
  ])('is refused at the start %s, and shows no password', async (_name, settings, words) => {
    const server = await redis({ requirepass: 'right', user: 'weak on >weak ~other:* +@read' })
    const refused = await node(server.port, settings).catch((error: unknown) => error)
    expect(refused).toMatchObject({
      code: 'STORE_REFUSED',
      message: expect.stringContaining(words) as string,
      hint: expect.any(String) as string,
    })
    expect(JSON.stringify(refused)).not.toContain('PLANTED')
    const right = await node(server.port, { password: 'right' })
    await right.store.set('a', bytes('1'), HOUR_MS)
  })

  it('that is a read-only replica is refused at the start', async () => {
    const primary = await redis()
    const replica = await redis({ replicaof: `127.0.0.1 ${primary.port}` })
    await expect(node(replica.port)).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      message: expect.stringContaining('read-only replica') as string,
    })
  })

  it('is asked over TLS, and refused where its certificate cannot be trusted', async () => {
    const server = await redis({
      port: '0',
      'tls-cert-file': join(TLS, 'self-signed.pem'),
      'tls-key-file': join(TLS, 'self-signed-key.pem'),
      'tls-auth-clients': 'no',
      'tls-port': '%port',
    })
    await expect(node(server.port, { tls: true })).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      message: expect.stringContaining('cannot be trusted') as string,
    })
    const one = await node(server.port, { tls: true, caFile: join(TLS, 'self-signed.pem') })
    await one.store.set('a', bytes('1'), HOUR_MS)
    const two = await node(server.port, { tls: true, tlsVerify: false })
    expect(text(await two.store.get('a'))).toBe('1')
    expect(two.telemetry.lines.map(({ msg }) => msg)).toContain(
      'The certificate of the shared store is not verified',
    )
  })

  it('is told what it has to be: not too old, and a Redis', async () => {
    const old = await talker('$31\r\n# Server\r\nredis_version:5.0.14\n\r\n')
    await expect(node(old)).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      message: expect.stringContaining('5.0.14') as string,
    })
    const other = await node(await talker('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await logged(other, 'The shared store is away')
  })
})

/** A server that answers INFO with `info`, and everything else with OK. */
async function talker(info: string): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      const commands = data.toString().split('*').slice(1)
      for (const command of commands) socket.write(command.includes('INFO') ? info : '+OK\r\n')
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return (server.address() as AddressInfo).port
}
