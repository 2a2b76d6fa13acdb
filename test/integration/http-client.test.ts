import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import {
  createHttpClient,
  type HttpClient,
  type HttpClientOptions,
  type HttpRequest,
} from '../../src/intel/http/client.ts'
import { isTimeOut } from '../../src/intel/lookup/wait.ts'
import { manualClock } from '../support/clock.ts'

const KEY = 'PLANTEDKEY'
const TLS = join(import.meta.dirname, '../fixtures/tls')
const pem = (name: string) => readFileSync(join(TLS, name))
const never = new AbortController().signal
const GET: HttpRequest = { method: 'GET', path: '/a', headers: () => ({ authorization: KEY }) }

let closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.toReversed()) await close()
  closing = []
})

/** Gives the port. */
async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, resolve)
  })
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function serve(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listening(createServer(listener))}`
}

function clientOf(baseUrl: string, settings: Partial<HttpClientOptions> = {}): HttpClient {
  const client = createHttpClient({
    baseUrl,
    connections: 2,
    timeoutMs: 20_000,
    maxAnswerBytes: 100_000,
    tlsVerify: true,
    clock: systemClock,
    ...settings,
  })
  closing.push(() => client.close())
  return client
}

/** The error of a request, with nothing secret in it. */
async function failure(client: HttpClient, request = GET, signal = never): Promise<unknown> {
  const error: unknown = await client.request(request, signal).then(
    () => expect.fail('it answered'),
    (cause: unknown) => cause,
  )
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(KEY)
  return error
}

async function secureServer(name: string): Promise<number> {
  const server = createTlsServer(
    { cert: pem(`${name}.pem`), key: pem(`${name}-key.pem`) },
    (_request, response) => response.end('secure'),
  )
  return listening(server)
}

function withProxy(url: string): void {
  Object.assign(process.env, { http_proxy: url, https_proxy: url, no_proxy: '' })
}

describe('the HTTP client', () => {
  it('sends JSON below the path of the base URL and gives status, headers and text', async () => {
    const seen: unknown[] = []
    const url = await serve((request, response) => {
      request.setEncoding('utf8').on('data', (body: string) => {
        const { method, url: path, headers } = request
        seen.push([method, path, body, headers['authorization'], headers['cookie']])
        response.setHeader('X-Thing', ['one', 'two']).setHeader('Set-Cookie', 'a=b').writeHead(201).end('ä')
      })
    })
    const client = clientOf(`${url}/misp/`)
    for (const _ of [1, 2]) {
      const answer = await client.request({ ...GET, method: 'POST', json: { a: 'ü' } }, never)
      expect(answer).toMatchObject({ status: 201, body: 'ä' })
      expect(answer.headers['x-thing']).toContain('one')
    }
    const sent = ['POST', '/misp/a', '{"a":"ü"}', KEY, undefined]
    expect(seen).toEqual([sent, sent])
  })

  it('follows no redirect', async () => {
    let requests = 0
    const url = await serve((_request, response) => {
      requests += 1
      response.writeHead(302, { location: '/b' }).end()
    })
    expect(await clientOf(url).request(GET, never)).toMatchObject({
      status: 302,
      headers: { location: '/b' },
    })
    expect(requests).toBe(1)
  })

  it.each<[name: string, answer: (response: ServerResponse) => unknown]>([
    ['that says its length', (response) => response.end('x'.repeat(200_000))],
    [
      'that never ends',
      (response) => {
        const more = (): void => void (response.write('x'.repeat(10_000)) ? setImmediate(more) : undefined)
        response.on('drain', more)
        more()
      },
    ],
    [
      'that is small until it is unpacked',
      (response) => {
        response.setHeader('content-encoding', 'gzip').end(gzipSync('x'.repeat(10_000_000)))
      },
    ],
  ])('R41: cuts off an answer %s', async (_name, answer) => {
    const closed: Promise<void>[] = []
    const url = await serve((_request, response) => {
      closed.push(new Promise((resolve) => void response.on('close', resolve)))
      answer(response)
    })
    const error = await failure(clientOf(url, { maxAnswerBytes: 65_536 }))
    expect(error).toMatchObject({ code: 'PROVIDER_OVERLOADED' })
    expect(String(error)).toContain('64KiB')
    await Promise.all(closed)
  })

  it('unpacks gzip', async () => {
    const url = await serve((request, response) => {
      expect(request.headers['accept-encoding']).toBe('gzip')
      response.setHeader('content-encoding', 'gzip').end(gzipSync('packed'))
    })
    expect((await clientOf(url).request(GET, never)).body).toBe('packed')
  })

  it.each<[name: string, encoding: string, body: string | Buffer]>([
    ['broken gzip', 'gzip', 'nonsense'],
    ['gzip that ends early', 'gzip', gzipSync('x'.repeat(1000)).subarray(0, 20)],
    ['an encoding nobody asked for', 'br', 'x'],
  ])('R41: refuses %s', async (_name, encoding, body) => {
    const url = await serve((_request, response) => {
      response.setHeader('content-encoding', encoding).end(body)
    })
    expect(await failure(clientOf(url))).toMatchObject({ code: 'PROVIDER_MALFORMED' })
  })

  it.each<[name: string, start: (response: ServerResponse) => unknown]>([
    ['nothing', () => undefined],
    ['half an answer', (response) => response.write('x')],
  ])('R41: gives up on a server that sends %s', async (_name, start) => {
    const clock = manualClock()
    const url = await serve((_request, response) => {
      start(response)
      setImmediate(() => void clock.advance(30_000))
    })
    const error = await failure(clientOf(url, { clock, timeoutMs: 30_000 }))
    expect(error).toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
    expect(String(error)).toContain('30s')
    expect(isTimeOut(error)).toBe(true)
  })

  it('rejects with the reason of the signal, waiting or not', async () => {
    const stop = new AbortController()
    const url = await serve(() => stop.abort(new Error('enough')))
    const client = clientOf(url, { connections: 1 })
    const both = await Promise.allSettled([
      client.request(GET, stop.signal),
      client.request(GET, stop.signal),
    ])
    expect(both).toEqual([1, 2].map(() => ({ status: 'rejected', reason: stop.signal.reason as unknown })))
    await expect(client.request(GET, stop.signal)).rejects.toThrow('enough')
  })

  it('asks so many at a time as it may, and lets nobody’s time run while they wait', async () => {
    const clock = manualClock()
    const waiting: ServerResponse[] = []
    const url = await serve((_request, response) => void waiting.push(response))
    const client = clientOf(url, { clock, timeoutMs: 1000, connections: 1 })
    const answers = [client.request(GET, never), client.request(GET, never)]
    await expect.poll(() => waiting.length).toBe(1)
    await clock.advance(900)
    waiting[0]?.end('first')
    await expect.poll(() => waiting.length).toBe(2)
    await clock.advance(900)
    waiting[1]?.end('second')
    expect((await Promise.all(answers)).map(({ body }) => body)).toEqual(['first', 'second'])
  })

  it.each<[name: string, onData: (socket: Socket) => unknown, code: string]>([
    ['hangs up', (socket) => socket.destroy(), 'PROVIDER_UNREACHABLE'],
    [
      'ends in the middle',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx'),
      'PROVIDER_UNREACHABLE',
    ],
    ['speaks something else', (socket) => socket.end(`220 ${KEY} ESMTP\r\n`), 'PROVIDER_MALFORMED'],
  ])('R41: tells of a server that %s', async (_name, onData, code) => {
    const server = createTcpServer(
      (socket) => void socket.on('error', () => {}).on('data', () => onData(socket)),
    )
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    closing.push(() => server.close())
    const { port } = server.address() as AddressInfo
    expect(await failure(clientOf(`http://127.0.0.1:${port}`))).toMatchObject({ code })
  })

  it('R41: tells of a port where nobody listens', async () => {
    const server = createServer()
    const port = await listening(server)
    await new Promise((resolve) => server.close(resolve))
    const error = await failure(clientOf(`http://127.0.0.1:${port}`))
    expect(error).toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
    expect(String(error)).toMatch(/127\.0\.0\.1:\d+ refuses connections/)
  })

  it('R41: tells of a name that cannot be looked up', async () => {
    // RFC 6761: there is never such a name. Without name servers nobody can say so.
    const error = await failure(clientOf('http://tripline.invalid'))
    expect(error).toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
    expect(String(error)).toMatch(/tripline\.invalid.* DNS /)
  })

  it('tells of a header that cannot be sent, without showing it', async () => {
    const url = await serve((_request, response) => response.end())
    const broken = `${KEY}\nX: y`
    expect(
      await failure(clientOf(url), { ...GET, headers: () => ({ authorization: broken }) }),
    ).toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
  })
})

describe('TLS', () => {
  it.each([
    ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['server', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ])('R41: refuses the certificate %s and says what to do', async (name, code) => {
    const error = await failure(clientOf(`https://localhost:${await secureServer(name)}`))
    expect(error).toMatchObject({
      code: 'PROVIDER_UNTRUSTED',
      hint: expect.stringContaining('caFile') as string,
    })
    expect(String(error)).toContain(code)
  })

  it.each([
    ['self-signed', 'self-signed.pem'],
    ['server', 'authority.pem'],
  ])('trusts the certificate %s with caFile %s', async (name, caFile) => {
    const client = clientOf(`https://localhost:${await secureServer(name)}`, { caFile: join(TLS, caFile) })
    expect((await client.request(GET, never)).body).toBe('secure')
  })

  it('trusts the further authorities of Node, too', async () => {
    const saved = process.env['NODE_EXTRA_CA_CERTS']
    process.env['NODE_EXTRA_CA_CERTS'] = join(TLS, 'authority.pem')
    try {
      const url = `https://localhost:${await secureServer('server')}`
      const client = clientOf(url, { caFile: join(TLS, 'self-signed.pem') })
      expect((await client.request(GET, never)).body).toBe('secure')
    } finally {
      if (saved === undefined) delete process.env['NODE_EXTRA_CA_CERTS']
      else process.env['NODE_EXTRA_CA_CERTS'] = saved
    }
  })

  it('R41: refuses a certificate that has expired, though it knows who signed it', async () => {
    const url = `https://localhost:${await secureServer('expired')}`
    const error = await failure(clientOf(url, { caFile: join(TLS, 'expired.pem') }))
    expect(error).toMatchObject({ code: 'PROVIDER_UNTRUSTED' })
    expect(String(error)).toContain('not valid today')
  })

  it('refuses a certificate for another name', async () => {
    const url = `https://127.0.0.1:${await secureServer('server')}`
    const error = await failure(clientOf(url, { caFile: join(TLS, 'authority.pem') }))
    expect(error).toMatchObject({ code: 'PROVIDER_UNTRUSTED' })
    expect(String(error)).toContain('another name')
  })

  it('verifies nothing when told so', async () => {
    const client = clientOf(`https://127.0.0.1:${await secureServer('server')}`, { tlsVerify: false })
    expect((await client.request(GET, never)).body).toBe('secure')
  })

  it('tells of a server without TLS', async () => {
    const url = await serve((_request, response) => response.end())
    const error = await failure(clientOf(url.replace('http:', 'https:')))
    expect(error).toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
    expect(String(error)).toContain('encrypted')
  })

  it.each(['README.md', 'absent.pem'])('refuses caFile %s at once', (name) => {
    const make = () => clientOf('https://localhost', { caFile: join(TLS, name) })
    expect(make).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error)
  })
})

describe('proxies of the environment', () => {
  const saved = { ...process.env }
  afterEach(() => {
    process.env = { ...saved }
  })

  it('are used for other machines and not for this one', async () => {
    const tunnels: (string | undefined)[] = []
    const proxy = createServer()
    proxy.on('connect', (request, socket) => {
      tunnels.push(request.url)
      socket.on('error', () => {}).end('HTTP/1.1 403 Forbidden\r\n\r\n')
    })
    withProxy(`http://user:${KEY}@127.0.0.1:${await listening(proxy)}`)
    const error = await failure(clientOf('https://misp.invalid'))
    expect(error).toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
    expect(String(error)).toContain('proxy')
    expect(tunnels).toEqual(['misp.invalid:443'])

    const url = await serve((_request, response) => response.end('direct'))
    expect((await clientOf(url).request(GET, never)).body).toBe('direct')
    expect(tunnels).toHaveLength(1)
  })

  it('carry TLS to the server itself', async () => {
    const port = await secureServer('server')
    const proxy = createServer()
    proxy.on('connect', (_request, socket) => {
      const tunnel = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        tunnel.pipe(socket).pipe(tunnel)
      })
      for (const end of [tunnel, socket]) end.on('error', () => tunnel.destroy())
    })
    withProxy(`http://127.0.0.1:${await listening(proxy)}`)
    expect(await failure(clientOf('https://misp.invalid'))).toMatchObject({ code: 'PROVIDER_UNTRUSTED' })
    const client = clientOf('https://misp.invalid', { tlsVerify: false })
    expect((await client.request(GET, never)).body).toBe('secure')
  })

  it('must be URLs, and are not shown', () => {
    withProxy(`not a url ${KEY}`)
    let error: unknown
    try {
      clientOf('https://misp.invalid')
    } catch (cause) {
      error = cause
    }
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(KEY)
  })
})
