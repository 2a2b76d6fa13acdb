import { createParser } from 'eventsource-parser'
import { request } from 'undici'
import type { FakeOpenCti } from './fake-opencti.ts'
import type { UserName } from './users.ts'

export interface HeardEvent {
  readonly id?: string
  readonly event: string
  readonly data: unknown
}

export interface Heard {
  readonly status: number
  readonly type: string
  /** Those that have come. */
  readonly events: readonly HeardEvent[]
  /** Resolves when so many have come, with all of them. */
  first(count: number): Promise<readonly HeardEvent[]>
  /** Resolves when the server has ended the stream, or the line broke. */
  readonly ended: Promise<'end' | 'error'>
  close(): void
}

export interface Listening {
  readonly user?: UserName
  readonly headers?: Record<string, string>
}

/** A client of a stream that only writes down what it hears. */
export async function hear(
  opencti: FakeOpenCti,
  path: string,
  { user = 'connector', headers = {} }: Listening = {},
): Promise<Heard> {
  const abort = new AbortController()
  const {
    statusCode,
    headers: got,
    body,
  } = await request(`${opencti.url}/stream/${path}`, {
    headers: { authorization: `Bearer ${opencti.tokens[user]}`, ...headers },
    signal: abort.signal,
  })
  const events: HeardEvent[] = []
  const waiting: { readonly count: number; readonly wake: () => void }[] = []
  const parser = createParser({
    onEvent: ({ id, event = 'message', data }) => {
      events.push({ event, data: JSON.parse(data) as unknown, ...(id === undefined ? {} : { id }) })
      for (const { count, wake } of waiting) if (events.length >= count) wake()
    },
  })
  const decoder = new TextDecoder()
  body.on('data', (chunk: Buffer) => parser.feed(decoder.decode(chunk, { stream: true })))
  const ended = new Promise<'end' | 'error'>((resolve) => {
    body.once('end', () => resolve('end'))
    body.once('error', () => resolve('error'))
  })
  return {
    status: statusCode,
    type: String(got['content-type'] ?? ''),
    events,
    first: async (count) => {
      if (events.length < count) await new Promise<void>((wake) => void waiting.push({ count, wake }))
      return events
    },
    ended,
    close: () => abort.abort(),
  }
}
