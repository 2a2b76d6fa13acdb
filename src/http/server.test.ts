import { once } from 'node:events'
import {
  request as httpRequest,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import { statusEvents } from '../telemetry/events/status.ts'
import { createHealth } from '../telemetry/health.ts'
import { statusConfig } from './config.ts'
import { addProbes } from './probes.ts'
import { openStatusServer, type StatusServerOptions } from './server.ts'

const TOKEN = 'a-token-of-some-length'
const TIMES = { headersMs: 200, requestMs: 400, idleMs: 60_000 }

async function serve(settings: object = {}, more: Partial<StatusServerOptions> = {}) {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const { metrics, lines } = telemetry
  const health = createHealth(clock, metrics)
  const server = await openStatusServer({
    config: statusConfig.parse({ port: 0, ...settings }),
    events: statusEvents(telemetry),
    clock,
    addRoutes: (app, guard) => {
      addProbes(app, guard, { health, metrics, refresh: async () => undefined })
      app.post('/echo', async ({ body }, reply) => reply.send({ body }))
    },
    times: TIMES,
    ...more,
  })
  onTestFinished(() => server.close())
  return { server, health, metrics, lines, clock, port: server.port() ?? 0 }
}

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve).once('error', reject)
  })
}

/** By hand, since `fetch` sets `Host` and others by itself. */
async function ask(
  port: number,
  path: string,
  { headers = {}, body }: { readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<Answer> {
  const request = httpRequest({
    port,
    path,
    headers,
    agent: false,
    method: body === undefined ? 'GET' : 'POST',
  })
  request.end(body)
  const response = await responseTo(request)
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

function basic(user: string, password: string): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

/** What a socket that sends these bytes gets until it is closed. */
async function send(port: number, bytes: string): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1')
  socket.write(bytes)
  return text(socket)
}

describe('probes and metrics', () => {
  it('tell that the process lives, whatever its parts do', async () => {
    const { port, health } = await serve()
    health.set('store', 'work', 'failed', 'gone')
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200, body: '{"status":"ok"}' })
  })

  it.each([
    ['starting', 503],
    ['ok', 200],
    ['degraded', 200],
    ['failed', 503],
  ] as const)('give for a component that is %s the status %i, with its reason', async (state, status) => {
    const { port, health } = await serve()
    health.set('source wazuh', 'file', state, 'the reason')
    const answer = await ask(port, '/readyz')
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.body)).toMatchObject({
      status: state,
      components: [{ component: 'source wazuh', state, ...(state === 'ok' ? {} : { reason: 'the reason' }) }],
    })
  })

  it('give the catalogue in the format of Prometheus', async () => {
    const { port, metrics } = await serve()
    metrics.count('alerts_read_total', 3, { source: 'wazuh' })
    const answer = await ask(port, '/metrics')
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(answer.body).toContain('tripline_alerts_read_total{source="wazuh"} 3\n')
  })
})

describe('who may ask', () => {
  it.each([
    ['no token', {}],
    ['another token', { authorization: 'Bearer another' }],
    ['the beginning of it', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['a wrong password', basic('admin', 'wrong')],
    ['the token as user', basic(TOKEN, '')],
    ['a broken pair', { authorization: 'Basic %%%' }],
  ])('refuses %s with 401', async (_what, headers) => {
    const { port, lines } = await serve({ token: TOKEN })
    const answer = await ask(port, '/metrics', { headers })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toContain('Basic realm="Tripline"')
    expect(answer.body).not.toContain('tripline_')
    expect(JSON.stringify(lines)).not.toContain(TOKEN)
  })

  it.each([
    ['bearer token', { authorization: `Bearer ${TOKEN}` }],
    ['password of any user', basic('anybody', TOKEN)],
  ])('takes the token as %s', async (_what, headers) => {
    const { port } = await serve({ token: TOKEN })
    expect((await ask(port, '/metrics', { headers })).status).toBe(200)
  })

  it('tells probes without the token states, and no reasons', async () => {
    const { port, health } = await serve({ token: TOKEN })
    health.set('provider misp', 'look-ups', 'degraded', 'misp.internal does not answer')
    expect((await ask(port, '/healthz')).status).toBe(200)
    const open = await ask(port, '/readyz')
    expect(open).toMatchObject({ status: 200 })
    expect(open.body).toContain('provider misp')
    expect(open.body).not.toContain('misp.internal')
    const shown = await ask(port, '/readyz', { headers: { authorization: `Bearer ${TOKEN}` } })
    expect(shown.body).toContain('misp.internal')
  })

  it('without a token answers this machine only, also when a foreign name leads to it', async () => {
    const { port } = await serve()
    expect((await ask(port, '/metrics', { headers: { host: 'evil.example.com' } })).status).toBe(421)
    for (const host of ['localhost', '127.0.0.1:9464', '[::1]:9464'])
      expect((await ask(port, '/metrics', { headers: { host } })).status).toBe(200)
  })

  it.each([
    ['sec-fetch-site', { 'sec-fetch-site': 'cross-site' }],
    ['origin', { origin: 'https://evil.example.com' }],
    ['origin that is none', { origin: 'null' }],
  ])('refuses what a page of another site sends: %s', async (_what, headers) => {
    const { port } = await serve()
    const json = { 'content-type': 'application/json', host: `localhost:${port}` }
    const own = { ...json, origin: `http://localhost:${port}`, 'sec-fetch-site': 'same-origin' }
    expect((await ask(port, '/echo', { headers: { ...own, ...headers }, body: '{}' })).status).toBe(403)
    expect((await ask(port, '/echo', { headers: own, body: '{}' })).status).toBe(200)
  })

  it('does not start on an address of others without a token', async () => {
    await expect(serve({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    const { port } = await serve({ host: '0.0.0.0', token: TOKEN })
    expect((await ask(port, '/metrics')).status).toBe(401)
  })
})

describe('bounds', () => {
  it('ends a request whose headers do not come', async () => {
    const { port } = await serve()
    expect(await send(port, 'GET /healthz HTTP/1.1\r\nHost: loc')).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('ends a request whose body does not come', async () => {
    const { port } = await serve()
    const head =
      'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{'
    expect(await send(port, head)).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('refuses headers that are too large, bodies that are too large, and what is no HTTP', async () => {
    const { port, metrics } = await serve()
    const headers = { 'content-type': 'application/json' }
    expect(await send(port, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    )
    expect((await ask(port, '/echo', { headers, body: JSON.stringify('x'.repeat(20_000)) })).status).toBe(413)
    expect(await send(port, 'SSH-2.0-OpenSSH_9.2\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    const shown = await metrics.registry.getSingleMetricAsString('tripline_status_requests_total')
    for (const status of [400, 413, 431]) expect(shown).toContain(`{status="${status}"} 1`)
  })

  it('closes connections beyond the most there may be, and says so', async () => {
    const { port, lines } = await serve({ maxConnections: 4 })
    const sockets = Array.from({ length: 4 }, () => connect(port, '127.0.0.1'))
    onTestFinished(() => sockets.forEach((socket) => socket.destroy()))
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    const further = connect(port, '127.0.0.1')
    await once(further, 'close')
    expect(lines).toContainEqual(
      expect.objectContaining({ maxConnections: 4, setting: 'http.maxConnections' }),
    )
  })
})

async function takenPort() {
  const other = createServer()
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  return { other, port: (other.address() as AddressInfo).port }
}

describe('the address', () => {
  it('is an error when it was chosen and is taken', async () => {
    const { port } = await takenPort()
    await expect(serve({ port })).rejects.toMatchObject({ code: 'ADDRESS_UNUSABLE' })
    await expect(serve({ port })).rejects.toThrow('http.port: cannot listen')
  })

  it('is waited for when it was not chosen: a warning says so', async () => {
    const { other, port } = await takenPort()
    const { server, lines, clock } = await serve({ port: undefined }, { defaultPort: port })
    expect(server.port()).toBeUndefined()
    expect(lines).toContainEqual(expect.objectContaining({ level: 40, port, setting: 'http.port' }))
    other.close()
    await once(other, 'close')
    await clock.advance(30_000)
    await expect.poll(() => server.port()).toBe(port)
    expect((await ask(port, '/healthz')).status).toBe(200)
  })

  it('of others is an error', async () => {
    const elsewhere = serve({ host: '203.0.113.7', token: TOKEN })
    await expect(elsewhere).rejects.toMatchObject({ code: 'ADDRESS_UNUSABLE' })
    await expect(elsewhere).rejects.toThrow('http.host: cannot listen')
  })

  it('may be served by https', async () => {
    const [certFile, keyFile] = ['test/fixtures/tls/self-signed.pem', 'test/fixtures/tls/self-signed-key.pem']
    const { port } = await serve({ tls: { certFile, keyFile } })
    const request = httpsRequest({ port, path: '/healthz', agent: false, rejectUnauthorized: false }).end()
    const response = await responseTo(request)
    expect(response.statusCode).toBe(200)
    response.resume()
  })

  it('names the setting of a certificate that cannot be used', async () => {
    const missing = serve({ tls: { certFile: '/nowhere/cert.pem', keyFile: '/nowhere/key.pem' } })
    await expect(missing).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await expect(missing).rejects.toThrow('http.tls.certFile')
  })
})
