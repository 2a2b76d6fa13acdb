import { expect, it } from 'vitest'
import { manualClock } from '../../../../test/support/clock.ts'
import { Secret } from '../../../core/secret.ts'
import type { HttpRequest, HttpStream } from '../../http/client.ts'
import { connect } from './connection.ts'

const TOKEN = 'token-of-the-tests'

interface Answer {
  readonly status?: number
  readonly type?: string
  readonly chunks?: readonly string[]
  /** Sent one by one. */
  readonly bytes?: Uint8Array
  /** After the chunks nothing comes any more, and no end either. */
  readonly silent?: true
}

function setUp({
  status = 200,
  type = 'text/event-stream; charset=utf-8',
  chunks = [],
  bytes,
  silent,
}: Answer) {
  const clock = manualClock()
  const asked: HttpRequest[] = []
  const discarded: number[] = []
  const open = (request: HttpRequest, signal: AbortSignal): Promise<HttpStream> => {
    asked.push(request)
    async function* body(): AsyncGenerator<Uint8Array> {
      for (const chunk of chunks) yield await Promise.resolve(new TextEncoder().encode(chunk))
      for (const byte of bytes ?? []) yield await Promise.resolve(Uint8Array.of(byte))
      if (silent !== true) return
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('cut')), { once: true })
      })
    }
    return Promise.resolve({
      status,
      headers: { 'content-type': type },
      body: body(),
      discard: () => discarded.push(status),
    })
  }
  const connection = connect(
    {
      http: { open, server: 'cti.example.org' },
      config: { token: new Secret(TOKEN) },
      stream: 'a b/c',
      from: '5-0',
      clock,
    },
    new AbortController().signal,
  )
  const all = async (): Promise<readonly string[]> => {
    const seen: string[] = []
    for await (const messages of connection)
      seen.push(...messages.map(({ event, id }) => `${event ?? ''} ${id ?? ''}`))
    return seen
  }
  return { all, asked, clock, connection, discarded }
}

it('asks for its stream from its position, with the token in a header only', async () => {
  const { all, asked } = setUp({})
  expect(await all()).toEqual([])
  expect(asked[0]?.path).toBe('/stream/a%20b%2Fc?no-dependencies=true&listen-delete=true&from=5-0')
  expect(asked[0]?.headers()['authorization']).toBe(`Bearer ${TOKEN}`)
  expect(asked[0]?.headers()['accept']).toBe('text/event-stream')
})

it('reads events that are cut anywhere, letters in the middle of their bytes too', async () => {
  const text = 'id: 1-0\nevent: create\ndata: {"name":"münchen"}\n\nid: 2-0\nevent: heartbeat\ndata: ""\n\n'
  const { all } = setUp({ bytes: new TextEncoder().encode(text) })
  expect(await all()).toEqual(['create 1-0', 'heartbeat 2-0'])
})

it.each([
  [401, 'text/plain', 'PROVIDER_REFUSED'],
  [410, 'text/plain', 'PROVIDER_REFUSED'],
  [429, 'text/plain', 'PROVIDER_THROTTLED'],
  [500, 'text/plain', 'PROVIDER_OVERLOADED'],
  [503, 'text/plain', 'PROVIDER_UNREACHABLE'],
  [200, 'text/html', 'PROVIDER_UNSUPPORTED'],
])('says of status %d with %s: %s', async (status, type, code) => {
  const { all, discarded } = setUp({ status, type })
  await expect(all()).rejects.toMatchObject({ code })
  expect(discarded).toEqual([status])
})

it('gives a connection up that falls silent', async () => {
  const { connection, clock } = setUp({ chunks: [': hello\n'], silent: true })
  expect((await connection.next()).value).toEqual([])
  const next = connection.next().catch((error: unknown) => error)
  await clock.advance(44_999)
  await clock.advance(1)
  expect(await next).toMatchObject({
    code: 'PROVIDER_UNREACHABLE',
    message: 'The live stream of cti.example.org fell silent',
  })
})
