import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request, type IncomingMessage } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  announce,
  expectRefused,
  HEAD,
  linesOf,
  raw,
  send,
  sorted,
  TOKEN,
  useHttpSources,
} from '../support/http-source.ts'
import { alertLine } from '../support/log-writer.ts'
import { numbersOf, range } from '../support/wazuh-file.ts'

const sources = useHttpSources()
/** What a sender sees when the other side closes, by when it happens. */
const CLOSED = { code: expect.stringMatching(/^(?:ECONNRESET|EPIPE)$/) as string }
const TLS = join(import.meta.dirname, '../fixtures/tls')

describe('what takes too long or too much', () => {
  const quick = { headerTimeout: '100ms', requestTimeout: '300ms' }

  it.each([
    ['headers that do not end', HEAD],
    ['a body that does not end', `${HEAD}content-length: 100\r\n\r\n{`],
    ['a body in pieces that does not end', `${HEAD}transfer-encoding: chunked\r\n\r\n1\r\n{\r\n`],
    ['a connection without a word', ''],
  ])('is cut off: %s', async (_what, bytes) => {
    const source = await sources.start(quick)
    const [answer, other] = await Promise.all([raw(source.port, bytes).answer, source.post(alertLine(1))])
    expect(answer).toMatch(
      /^HTTP\/1\.1 408 [^]*connection: close[^]*"error":"The request did not arrive in time/,
    )
    expect(other.status).toBe(200)
  })

  it.each([
    ['headers of more than 16 KiB', `${HEAD}x: ${'x'.repeat(17_000)}\r\n\r\n`, 431],
    ['what is no HTTP', 'hello\r\n\r\n', 400],
  ])('is answered and closed: %s', async (_what, bytes, status) => {
    const source = await sources.start()
    expect(await raw(source.port, bytes).answer).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*"error":"`))
    expect(await source.telemetry.metrics.total('http_bad_requests_total')).toBe(1)
  })

  it('connections beyond the limit are closed at once', async () => {
    const source = await sources.start({ maxConnections: 1 })
    const agent = new Agent({ keepAlive: true })
    await send(source.port, { body: alertLine(1), agent })
    await expect(source.post(alertLine(2))).rejects.toMatchObject(CLOSED)
    agent.destroy()
    await expect.poll(() => source.post(alertLine(3)).catch(() => undefined)).toMatchObject({ status: 200 })
    expect(await source.telemetry.metrics.total('http_connections_refused_total')).toBeGreaterThan(0)
  })

  it('requests share the memory for bodies: a large one waits until there is room', async () => {
    const source = await sources.start({ maxBodyBytes: '64KiB', maxBufferedBytes: '64KiB' })
    const first = request({
      host: '127.0.0.1',
      port: source.port,
      method: 'POST',
      path: '/alerts',
      headers: { authorization: `Bearer ${TOKEN}`, 'transfer-encoding': 'chunked' },
    })
    const answered = new Promise((resolve) =>
      first.on('response', (response) => resolve(response.statusCode)),
    )
    await new Promise<void>((resolve) => first.write(alertLine(1), () => resolve()))
    await expect.poll(() => source.telemetry.lines.length).toBeGreaterThan(0)
    const second = source.post(alertLine(2))
    first.end()
    expect(await answered).toBe(200)
    expect((await second).status).toBe(200)
  })
})

describe('a full spool', () => {
  it.each([
    ['alerts', { maxWaitingAlerts: 2 }],
    ['bytes', { maxWaitingBytes: '1KiB' }],
  ])('in %s tells senders to come again, and takes alerts when some are done', async (_what, settings) => {
    const source = await sources.start(settings)
    expect((await source.post(linesOf(0, 10))).status).toBe(200)
    const refused = await source.post(alertLine(11))
    expectRefused(refused, 503, /come again|later/)
    expect(refused.headers['retry-after']).toMatch(/^\d+$/)
    expect(await send(source.port, { path: '/healthz', method: 'GET' })).toMatchObject({
      status: 503,
      body: { status: 'full' },
    })
    expect(await announce(source.port, {})).toBe(503)
    expect(sources.list('new')).toHaveLength(1)
    await source.take(10)
    await expect.poll(() => source.post(alertLine(12))).toMatchObject({ status: 200 })
    expect(numbersOf(await source.take(1))).toEqual([12])
  })

  it('counts what an earlier run has left', async () => {
    const first = await sources.start()
    await first.post(linesOf(0, 5))
    await first.stop()
    const second = await sources.start({ maxWaitingAlerts: 5 })
    expect((await second.post(alertLine(6))).status).toBe(503)
    expect(numbersOf(await second.take(5))).toEqual(range(0, 5))
  })

  it.each(['tmp', 'new'] as const)(
    'of a disk that cannot be written (%s) keeps nothing, and says so',
    async (name) => {
      const source = await sources.start()
      await source.reading()
      rmSync(sources.path(name), { recursive: true })
      writeFileSync(sources.path(name), '')
      const refused = await source.post(alertLine(1))
      expectRefused(refused, 503, /cannot be written/)
      expect(refused.headers['retry-after']).toMatch(/^\d+$/)
      expect(name === 'new' && sources.list('tmp').length > 0).toBe(false)
      rmSync(sources.path(name))
      mkdirSync(sources.path(name))
      expect((await source.post(alertLine(2))).status).toBe(200)
      expect(numbersOf(await source.take(1))).toEqual([2])
      await expect.poll(() => source.telemetry.metrics.total('http_waiting_alerts')).toBe(0)
    },
  )
})

describe('a restart', () => {
  it('reads again what was not done, and nothing else', async () => {
    const first = await sources.start()
    await first.post(linesOf(0, 3))
    await first.take(3)
    await first.post(linesOf(3, 6))
    await first.take(3, false)
    await first.stop()
    const second = await sources.start()
    await second.post(linesOf(6, 7))
    expect(numbersOf(await second.take(4))).toEqual([3, 4, 5, 6])
  })

  it.each(['new', 'failed'] as const)(
    'with the clock set back writes behind what is in `%s`, and replaces none of it',
    async (folder) => {
      const first = await sources.start()
      await first.post(alertLine(0))
      await first.stop()
      const [name = ''] = sources.list('new')
      const later = name.replace(/^\d+/, (sequence) => String(Number(sequence) + 3_600_000_000))
      renameSync(sources.path('new', name), sources.path(folder, later))
      writeFileSync(sources.path('failed', '9999999999999999.1.1.jsonl'), '')
      const second = await sources.start()
      await second.post(alertLine(1))
      const latest = sources.list('new').at(-1) ?? ''
      expect(Number.parseInt(latest)).toBe(Number.parseInt(later) + 1)
    },
  )

  it('passes over what a crash has left: half-written files, empty ones, torn ones', async () => {
    const first = await sources.start()
    await first.post(linesOf(0, 2))
    await first.stop()
    const [name = ''] = sources.list('new')
    const [sequence = ''] = name.split('.')
    const next = (more: number): string => `${Number(sequence) + more}.2.700.jsonl`
    writeFileSync(sources.path('tmp', next(1)), linesOf(10, 12))
    writeFileSync(sources.path('new', next(2)), '')
    writeFileSync(sources.path('new', next(3)), `${linesOf(2, 4)}\n{"timestamp":"20`)
    writeFileSync(sources.path('new', next(4)), '\0'.repeat(700))
    mkdirSync(sources.path('new', next(5)))
    const second = await sources.start()
    expect(sources.list('tmp')).toEqual([])
    expect(numbersOf(await second.take(4))).toEqual(range(0, 4))
    await expect.poll(() => sources.list('new')).toEqual([])
    expect(sources.list('failed').filter((file) => !file.endsWith('.reason'))).toEqual([
      next(2),
      next(4),
      next(5),
    ])
  })
})

describe('the end', () => {
  it('answers what is under way, refuses what comes then, and closes', async () => {
    const source = await sources.start()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const late = request({
      host: '127.0.0.1',
      port: source.port,
      method: 'POST',
      path: '/alerts',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-length': alertLine(1).length },
    })
    const answered = new Promise<IncomingMessage>((resolve) => late.on('response', resolve))
    await new Promise<void>((resolve) => late.write(alertLine(1).slice(0, 20), () => resolve()))
    const tooLate = raw(source.port, `${HEAD}content-length: 2\r\n`)
    await send(source.port, { body: alertLine(2), agent })
    await source.reading()
    source.abort()
    tooLate.write('\r\n{}')
    expect(await tooLate.answer).toMatch(/^HTTP\/1\.1 503 [^]*connection: close[^]*retry-after: \d/)
    late.end(alertLine(1).slice(20))
    const { statusCode, headers } = (await answered).resume()
    expect({ statusCode, connection: headers.connection }).toEqual({ statusCode: 200, connection: 'close' })
    await expect(source.post(alertLine(3))).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await source.stop()
    agent.destroy()
    const next = await sources.start()
    expect(sorted(numbersOf(await next.take(2)))).toEqual([1, 2])
  })
})

describe('a source that cannot start', () => {
  it.each([
    [{ host: '192.0.2.1' }, /^sources\.in\.host: cannot listen on 192\.0\.2\.1:0: this machine does not/],
  ])('names the setting: %j', async (settings, message) => {
    await expect(sources.start(settings)).rejects.toMatchObject({
      code: 'ADDRESS_UNUSABLE',
      message: expect.stringMatching(message) as string,
    })
  })

  it('names the port that is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    await expect(sources.start({ port })).rejects.toMatchObject({
      code: 'ADDRESS_UNUSABLE',
      message: `sources.in.port: cannot listen on 127.0.0.1:${port}: another process listens there`,
    })
    await new Promise((resolve) => other.close(resolve))
  })

  it('names the folder that it cannot use, and the token that nobody can show', async () => {
    writeFileSync(join(sources.stateDir, 'http'), '')
    await expect(sources.start()).rejects.toMatchObject({ code: 'STATE_UNWRITABLE' })
    await expect(sources.start({ token: 'two words' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.not.stringContaining('two words') as string,
    })
    expect(readdirSync(sources.stateDir)).toEqual(['http'])
  })
})

describe('TLS', () => {
  it('is served with certificate and key', async () => {
    const files = { certFile: join(TLS, 'server.pem'), keyFile: join(TLS, 'server-key.pem') }
    const source = await sources.start({ tls: files })
    const status = await new Promise((resolve, reject) => {
      tlsRequest(
        {
          host: 'localhost',
          lookup: (_name, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]),
          port: source.port,
          method: 'POST',
          path: '/alerts',
          headers: { authorization: `Bearer ${TOKEN}` },
          ca: readFileSync(join(TLS, 'authority.pem')),
        },
        (response) => resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end(alertLine(1))
    })
    expect(status).toBe(200)
    // Who speaks plain HTTP is not understood.
    await expect(source.post(alertLine(2))).rejects.toMatchObject(CLOSED)
  })

  it.each([
    [{ certFile: join(TLS, 'server.pem'), keyFile: join(TLS, 'absent.pem') }, 'sources.in.tls.keyFile'],
    [{ certFile: join(TLS, 'README.md'), keyFile: join(TLS, 'server-key.pem') }, 'sources.in.tls:'],
    [{ certFile: join(TLS, 'server.pem'), keyFile: join(TLS, 'self-signed-key.pem') }, 'sources.in.tls:'],
  ])('names the files that do not do: %j', async (files, setting) => {
    await expect(sources.start({ tls: files })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(setting) as string,
    })
  })
})
