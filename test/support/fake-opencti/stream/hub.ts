import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Instance } from '../instance.ts'
import type { User } from '../users.ts'
import { may } from '../users.ts'
import { atLeast } from '../version.ts'
import { openConnection } from './connection.ts'
import type { EventLog } from './log.ts'
import { createEventLog } from './log.ts'
import { parseStreamRequest } from './request.ts'
import type { Session } from './session.ts'
import { createSession } from './session.ts'

/** How tests steer the open streams. */
export interface FakeStreams {
  /** Open now. */
  readonly connections: number
  readonly firstEventId: string
  readonly lastEventId: string
  /** Resolves when so many have been opened since the start, those that are closed included. */
  opened(count: number): Promise<void>
  /** A heartbeat to all, now. */
  heartbeat(): void
  /** Milliseconds between two; undefined: silence. */
  setHeartbeat(ms: number | undefined): void
  /** An event of any name to all: `error`, `consumer_metrics`, or one that nobody knows. */
  send(event: string, data: unknown, eventId?: string): void
  /** Bytes as they are: comments, halves of events. */
  sendText(text: string): void
  /** As a server that shuts down. */
  end(): void
  /** As a broken line. */
  cut(): void
  /** Forgets all but the newest so many events. */
  trim(keep: number): void
}

export interface Hub extends FakeStreams {
  serve(request: Incoming, response: ServerResponse): Promise<number>
  /** Ends those of a collection that was stopped. */
  endOf(collection: string): void
  close(): void
}

export interface Incoming {
  readonly target: string
  /** Behind the base path. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly user: User | undefined
}

/** `app:live_stream:heartbeat_period`. */
export const HEARTBEAT_MS = 5000

export function createHub(instance: Instance, heartbeatMs: number | undefined): Hub {
  const log = createEventLog(instance)
  const sessions = new Set<Session>()
  const waiting: { readonly count: number; readonly wake: () => void }[] = []
  let opened = 0
  let timer: NodeJS.Timeout | undefined
  instance.onChange((change) => {
    const entry = log.append(change)
    for (const session of sessions) session.deliver(entry)
  })
  const each = (act: (session: Session) => void, of?: string): void => {
    for (const session of sessions) if (of === undefined || session.connection.collection === of) act(session)
  }
  const heartbeat = (): void => {
    const now = instance.now()
    each(({ connection }) => connection.write('heartbeat', new Date(now).toISOString(), `${now}-0`))
  }
  const setHeartbeat = (ms: number | undefined): void => {
    clearInterval(timer)
    timer = ms === undefined ? undefined : setInterval(heartbeat, ms).unref()
  }
  setHeartbeat(heartbeatMs)
  return {
    get connections() {
      return sessions.size
    },
    get firstEventId() {
      return log.firstEventId
    },
    get lastEventId() {
      return log.lastEventId
    },
    opened: (count) =>
      opened >= count ? Promise.resolve() : new Promise((wake) => void waiting.push({ count, wake })),
    heartbeat,
    setHeartbeat,
    send: (event, data, eventId) => each(({ connection }) => connection.write(event, data, eventId)),
    sendText: (text) => each(({ connection }) => connection.writeText(text)),
    end: () => each(({ connection }) => connection.end()),
    endOf: (collection) => each(({ connection }) => connection.end(), collection),
    cut: () => each(({ connection }) => connection.destroy()),
    trim: (keep) => log.trim(keep),
    close: () => {
      clearInterval(timer)
      each(({ connection }) => connection.destroy())
    },
    serve: async (incoming, response) => {
      const refusal = refusalOf(instance, incoming)
      if (refusal !== undefined) return refuse(response, refusal)
      const session = await start({ instance, log, sessions }, incoming, response)
      if (session === undefined) return 200
      opened += 1
      for (const { count, wake } of waiting) if (opened >= count) wake()
      return 200
    },
  }
}

interface Refusal {
  readonly status: number
  readonly reason: string
}

/** Who may read which stream; the reason is only in the status line. */
function refusalOf(instance: Instance, { path, user, headers, target }: Incoming): Refusal | undefined {
  const name = path.split('/')[2] ?? ''
  const refused: Refusal = { status: 401, reason: 'You are not authorized, please check your credentials' }
  if (name === '' || name === 'live') return user !== undefined && may(user, 'BYPASS') ? undefined : refused
  const collection = instance.streams.get(name)
  if (collection === undefined) return refused
  const allowed = collection.stream_public || (user !== undefined && may(user, 'TAXIIAPI'))
  if (!allowed) return refused
  if (!collection.stream_live) return { status: 410, reason: 'This live stream is stopped' }
  const { badRecover } = parseStreamRequest(target, headers)
  // From 6.9.18 it is an event instead.
  if (badRecover && !atLeast(instance.version, '6.9.18'))
    return { status: 500, reason: 'Error in stream init' }
  return undefined
}

function refuse(response: ServerResponse, { status, reason }: Refusal): number {
  response.writeHead(status, reason, { 'Content-Length': 0 })
  response.end()
  return status
}

interface Running {
  readonly instance: Instance
  readonly log: EventLog
  readonly sessions: Set<Session>
}

async function start(
  { instance, log, sessions }: Running,
  { path, target, headers }: Incoming,
  response: ServerResponse,
): Promise<Session | undefined> {
  const name = path.split('/')[2] ?? ''
  const request = parseStreamRequest(target, headers)
  const connection = openConnection(response, name === '' || name === 'live' ? undefined : name, randomUUID())
  const session = createSession(instance, connection, request)
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache, no-transform',
    Connection: 'keep-alive',
  })
  connection.write('connected', {
    lastEventId: log.lastEventId,
    firstEventId: log.firstEventId,
    firstEventDate: dateOf(log.firstEventId),
    lastEventDate: dateOf(log.lastEventId),
    streamSize: log.size,
    connectionId: connection.id,
  })
  if (request.badRecover) {
    connection.write('error', { stream: name, message: 'Recovery mode is only possible with a start date.' })
    return undefined
  }
  let position = request.from ?? log.lastEventId
  if (request.recover !== undefined) {
    await session.recover(position, request.recover)
    position = `${Date.parse(request.recover)}-0`
  }
  for (const entry of log.after(position)) session.deliver(entry)
  if (connection.closed) return undefined
  sessions.add(session)
  response.on('close', () => sessions.delete(session))
  return session
}

function dateOf(eventId: string): string {
  return new Date(Number(eventId.split('-')[0])).toISOString()
}
