import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { raw, send, TOKEN, useHttpSources, type Answer } from '../support/http-source.ts'
import { alertLine } from '../support/log-writer.ts'
import { numbersOf, range } from '../support/wazuh-file.ts'

const sources = useHttpSources()
const lines = (from: number, to: number): string =>
  range(from, to)
    .map((number) => alertLine(number))
    .join('\n')
const sorted = (numbers: readonly number[]): readonly number[] => numbers.toSorted((a, b) => a - b)

/** Fails with what was answered when it is not that. */
function expectRefused(answer: Answer, status: number, hint: RegExp): void {
  expect({ ...answer, headers: undefined }).toEqual({
    status,
    headers: undefined,
    body: {
      error: expect.stringMatching(hint) as string,
      accepted: 0,
      rejected: expect.any(Number) as number,
    },
  })
}

describe('alerts that are taken', () => {
  it('are in a file when the answer comes, and are read from there until they are done', async () => {
    const source = await sources.start()
    expect(await source.post(`${lines(0, 3)}\n{torn\n`)).toMatchObject({
      status: 200,
      body: { accepted: 3, rejected: 1 },
    })
    const [name = ''] = sources.list('new')
    expect(readFileSync(sources.path('new', name), 'utf8')).toBe(`${lines(0, 3)}\n`)
    expect(sources.list('tmp')).toEqual([])
    const alerts = await source.take(3)
    expect(numbersOf(alerts)).toEqual([0, 1, 2])
    await expect.poll(() => sources.list('new')).toEqual([])
    await expect.poll(() => source.telemetry.metrics.total('http_waiting_alerts')).toBe(0)
    expect(await source.telemetry.metrics.total('http_alerts_accepted_total')).toBe(3)
    expect(await source.telemetry.metrics.byReason('http_alerts_rejected_total')).toEqual({ malformed: 1 })
  })

  it('may come packed, without a type, in lists, in the envelope of a webhook, and with the second token', async () => {
    const source = await sources.start({ secondToken: 'the-next-one' })
    const list = JSON.stringify([JSON.parse(alertLine(0))])
    const envelope = JSON.stringify({
      text: `Wazuh\n\n${JSON.stringify({ hits: { hits: [{ _index: 'w', _source: JSON.parse(alertLine(1)) as unknown }] } })}`,
    })
    for (const answer of [
      await source.post(gzipSync(list), { 'content-encoding': 'gzip' }),
      await source.post(envelope, { 'content-type': 'text/plain; charset=UTF-8' }),
      await source.post(alertLine(2), {
        authorization: 'Bearer the-next-one',
        'content-type': 'application/x-ndjson',
      }),
      await send(source.port, {
        body: alertLine(3),
        headers: { 'content-type': '' },
        path: '/alerts/?from=here',
      }),
    ])
      expect(answer).toMatchObject({ status: 200, body: { accepted: 1, rejected: 0 } })
    expect(sorted(numbersOf(await source.take(4)))).toEqual([0, 1, 2, 3])
  })

  it('of many requests at once are all there, once', async () => {
    const source = await sources.start()
    const answers = await Promise.all(range(0, 150).map((number) => source.post(alertLine(number))))
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    // Requests that came while others were being written share a file.
    expect(sources.list('new').length).toBeLessThan(150)
    expect(sorted(numbersOf(await source.take(150)))).toEqual(range(0, 150))
  })
})

describe('a request that is not taken', () => {
  it.each<[string, Parameters<typeof send>[1], number, RegExp]>([
    ['without a token', { headers: { authorization: '' } }, 401, /Authorization: Bearer/],
    ['with a wrong token', { headers: { authorization: `Bearer ${TOKEN}x` } }, 401, /Authorization: Bearer/],
    ['to another path', { path: '/' }, 404, /POST \/alerts/],
    ['to a path that is none', { path: '/%' }, 404, /POST \/alerts/],
    ['with another method', { method: 'PUT' }, 405, /POST \/alerts/],
    ['that only asks', { method: 'GET', body: '' }, 405, /POST \/alerts/],
    [
      'of a form',
      { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      /application\/json/,
    ],
    ['of a type that is none', { headers: { 'content-type': 'nonsense' } }, 415, /application\/json/],
    ['packed in another way', { headers: { 'content-encoding': 'br' } }, 415, /gzip/],
    ['that says it is packed, and is not', { headers: { 'content-encoding': 'gzip' } }, 400, /damaged/],
    [
      'of packed data that ends too early',
      { headers: { 'content-encoding': 'gzip' }, body: gzipSync(alertLine(1)).subarray(0, -9) },
      400,
      /damaged/,
    ],
    ['without an alert', { body: 'hello' }, 400, /No alert/],
    ['without a body', { body: '' }, 400, /No alert/],
    ['larger than allowed', { body: 'x'.repeat(70_000) }, 413, /maxBodyBytes/],
    [
      'larger than allowed, of unknown length',
      { body: 'x'.repeat(70_000), headers: { 'transfer-encoding': 'chunked' } },
      413,
      /maxBodyBytes/,
    ],
    [
      'larger than allowed when unpacked',
      { body: gzipSync(Buffer.alloc(64 * 1024 ** 2)), headers: { 'content-encoding': 'gzip' } },
      413,
      /maxBodyBytes/,
    ],
  ])('%s', async (_what, sent, status, hint) => {
    const source = await sources.start({ maxBodyBytes: '64KiB' })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    expectRefused(await send(source.port, { body: alertLine(1), agent, ...sent }), status, hint)
    // The sender may go on over the same connection.
    expect(await send(source.port, { body: alertLine(2), agent })).toMatchObject({ status: 200 })
    agent.destroy()
    expect(numbersOf(await source.take(1))).toEqual([2])
    expect(sources.list('new').length).toBeLessThanOrEqual(1)
  })

  it('says what is asked for', async () => {
    const source = await sources.start()
    expect((await send(source.port, { headers: { authorization: '' } })).headers['www-authenticate']).toBe(
      'Bearer',
    )
    expect((await send(source.port, { method: 'PATCH' })).headers['allow']).toBe('POST')
    const outcomes = source.telemetry.lines.filter(({ msg }) => msg === 'A request was not taken')
    expect(outcomes).toMatchObject([
      { outcome: 'unauthorized', remote: '127.0.0.1' },
      { outcome: 'wrong_method' },
    ])
    expect(JSON.stringify(source.telemetry.lines)).not.toContain(TOKEN)
  })

  it('that is broken off keeps nothing', async () => {
    const source = await sources.start()
    const sending = request({
      host: '127.0.0.1',
      port: source.port,
      method: 'POST',
      path: '/alerts',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-length': 10_000 },
    })
    sending.on('error', () => undefined)
    await new Promise<void>((resolve) => sending.write(`${lines(0, 5)}\n`, () => resolve()))
    sending.destroy()
    await expect
      .poll(() => source.telemetry.lines)
      .toContainEqual(expect.objectContaining({ msg: 'A request was not taken', outcome: 'cut' }))
    expect(sources.list('new')).toEqual([])
  })
})

describe('what takes too long or too much', () => {
  const quick = { headerTimeout: '100ms', requestTimeout: '300ms' }
  const head = `POST /alerts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\n`

  it.each([
    ['headers that do not end', head],
    ['a body that does not end', `${head}content-length: 100\r\n\r\n{`],
    ['a body in pieces that does not end', `${head}transfer-encoding: chunked\r\n\r\n1\r\n{\r\n`],
    ['a connection without a word', ''],
  ])('is cut off: %s', async (_what, bytes) => {
    const source = await sources.start(quick)
    const [answer, other] = await Promise.all([raw(source.port, bytes), source.post(alertLine(1))])
    expect(answer).toMatch(
      /^HTTP\/1\.1 408 [^]*connection: close[^]*"error":"The request did not arrive in time/,
    )
    expect(other.status).toBe(200)
  })

  it.each([
    ['headers of more than 16 KiB', `${head}x: ${'x'.repeat(17_000)}\r\n\r\n`, 431],
    ['what is no HTTP', 'hello\r\n\r\n', 400],
  ])('is answered and closed: %s', async (_what, bytes, status) => {
    const source = await sources.start()
    expect(await raw(source.port, bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*"error":"`))
    expect(await source.telemetry.metrics.total('http_bad_requests_total')).toBe(1)
  })

  it('connections beyond the limit are closed at once', async () => {
    const source = await sources.start({ maxConnections: 1 })
    const agent = new Agent({ keepAlive: true })
    await send(source.port, { body: alertLine(1), agent })
    await expect(source.post(alertLine(2))).rejects.toThrow()
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
    expect((await source.post(lines(0, 10))).status).toBe(200)
    const refused = await source.post(alertLine(11))
    expectRefused(refused, 503, /come again|later/)
    expect(refused.headers['retry-after']).toMatch(/^\d+$/)
    expect(await send(source.port, { path: '/healthz', method: 'GET' })).toMatchObject({
      status: 503,
      body: { status: 'full' },
    })
    expect(sources.list('new')).toHaveLength(1)
    await source.take(10)
    await expect.poll(() => source.post(alertLine(12))).toMatchObject({ status: 200 })
    expect(numbersOf(await source.take(1))).toEqual([12])
  })

  it('counts what an earlier run has left', async () => {
    const first = await sources.start()
    await first.post(lines(0, 5))
    await first.stop()
    const second = await sources.start({ maxWaitingAlerts: 5 })
    expect((await second.post(alertLine(6))).status).toBe(503)
    expect(numbersOf(await second.take(5))).toEqual(range(0, 5))
  })

  it('of a disk that cannot be written keeps nothing, and says so', async () => {
    const source = await sources.start()
    await source.reading()
    rmSync(sources.path('tmp'), { recursive: true })
    writeFileSync(sources.path('tmp'), '')
    const refused = await source.post(alertLine(1))
    expectRefused(refused, 503, /cannot be written/)
    expect(refused.headers['retry-after']).toMatch(/^\d+$/)
    rmSync(sources.path('tmp'))
    mkdirSync(sources.path('tmp'))
    expect((await source.post(alertLine(2))).status).toBe(200)
    expect(numbersOf(await source.take(1))).toEqual([2])
    await expect.poll(() => source.telemetry.metrics.total('http_waiting_alerts')).toBe(0)
  })
})

describe('a restart', () => {
  it('reads again what was not done, and nothing else', async () => {
    const first = await sources.start()
    await first.post(lines(0, 3))
    await first.take(3)
    await first.post(lines(3, 6))
    await first.take(3, false)
    await first.stop()
    const second = await sources.start()
    await second.post(lines(6, 7))
    expect(numbersOf(await second.take(4))).toEqual([3, 4, 5, 6])
  })

  it('passes over what a crash has left: half-written files, empty ones, torn ones', async () => {
    const first = await sources.start()
    await first.post(lines(0, 2))
    await first.stop()
    const [name = ''] = sources.list('new')
    const [sequence = ''] = name.split('.')
    const next = (more: number): string => `${Number(sequence) + more}.2.700.jsonl`
    writeFileSync(sources.path('tmp', next(1)), lines(10, 12))
    writeFileSync(sources.path('new', next(2)), '')
    writeFileSync(sources.path('new', next(3)), `${lines(2, 4)}\n{"timestamp":"20`)
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
    const answered = new Promise((resolve) => late.on('response', (response) => resolve(response.statusCode)))
    await new Promise<void>((resolve) => late.write(alertLine(1).slice(0, 20), () => resolve()))
    await send(source.port, { body: alertLine(2), agent })
    await source.reading()
    source.abort()
    late.end(alertLine(1).slice(20))
    expect(await answered).toBe(200)
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
    [{ host: 'no-such-name.invalid' }, /^sources\.in\.host: /],
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
  const tls = (name: string): string => new URL(`../fixtures/tls/${name}`, import.meta.url).pathname

  it('is served with certificate and key', async () => {
    const files = { certFile: tls('server.pem'), keyFile: tls('server-key.pem') }
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
          ca: readFileSync(tls('authority.pem')),
        },
        (response) => resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end(alertLine(1))
    })
    expect(status).toBe(200)
    // Who speaks plain HTTP is not understood.
    await expect(source.post(alertLine(2))).rejects.toThrow()
  })

  it.each([
    [{ certFile: tls('server.pem'), keyFile: tls('absent.pem') }, 'sources.in.tls.keyFile'],
    [{ certFile: tls('README.md'), keyFile: tls('server-key.pem') }, 'sources.in.tls:'],
    [{ certFile: tls('server.pem'), keyFile: tls('self-signed-key.pem') }, 'sources.in.tls:'],
  ])('names the files that do not do: %j', async (files, setting) => {
    await expect(sources.start({ tls: files })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(setting) as string,
    })
  })
})
