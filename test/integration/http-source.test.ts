import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import {
  announce,
  HEAD,
  raw,
  expectRefused,
  linesOf,
  send,
  sorted,
  TOKEN,
  useHttpSources,
} from '../support/http-source.ts'
import { alertLine } from '../support/log-writer.ts'
import { numbersOf, range } from '../support/wazuh-file.ts'

const sources = useHttpSources()
describe('alerts that are taken', () => {
  it('are in a file when the answer comes, and are read from there until they are done', async () => {
    const source = await sources.start()
    expect(await source.post(`${linesOf(0, 3)}\n{torn\n`)).toMatchObject({
      status: 200,
      body: { accepted: 3, rejected: 1 },
    })
    const [name = ''] = sources.list('new')
    expect(readFileSync(sources.path('new', name), 'utf8')).toBe(`${linesOf(0, 3)}\n`)
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

  it.each(['[]', ' [\n] '])('may be none, in an empty list: %j', async (body) => {
    const source = await sources.start()
    expect(await source.post(body)).toMatchObject({ status: 200, body: { accepted: 0, rejected: 0 } })
    expect(sources.list('new')).toEqual([])
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
    expect(await send(source.port, { body: alertLine(2), agent })).toMatchObject({
      status: 200,
      reused: true,
    })
    agent.destroy()
    expect(numbersOf(await source.take(1))).toEqual([2])
    expect(sources.list('new').length).toBeLessThanOrEqual(1)
  })

  it.each(['', 'content-encoding: gzip\r\n'])(
    'because it is too large is read to its end: a sender that sends first and listens then is answered (%j)',
    async (coding) => {
      const source = await sources.start({ maxBodyBytes: '64KiB' })
      // Much more than fits into the buffers of a connection, also when packed.
      const body = gzipSync(randomBytes(8 * 1024 ** 2))
      const connection = raw(source.port, `${HEAD}${coding}transfer-encoding: chunked\r\n\r\n`)
      connection.write(`${body.length.toString(16)}\r\n`)
      connection.write(body)
      connection.write(`\r\n0\r\n\r\n${HEAD}content-length: 2\r\nconnection: close\r\n\r\n[]`)
      expect(await connection.answer).toMatch(/^HTTP\/1\.1 413 [^]*HTTP\/1\.1 200 /)
    },
  )

  it.each([
    [{ authorization: 'Bearer wrong' }, 401],
    [{ 'content-type': 'text/html' }, 415],
    [{ 'content-length': 70_000 }, 413],
  ])('is answered before its body comes: %j', async (headers, status) => {
    const source = await sources.start({ maxBodyBytes: '64KiB' })
    expect(await announce(source.port, headers)).toBe(status)
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
    await new Promise<void>((resolve) => sending.write(`${linesOf(0, 5)}\n`, () => resolve()))
    sending.destroy()
    await expect
      .poll(() => source.telemetry.lines)
      .toContainEqual(expect.objectContaining({ msg: 'A request was not taken', outcome: 'cut' }))
    expect(sources.list('new')).toEqual([])
  })
})
