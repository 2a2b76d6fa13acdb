import { createServer, STATUS_CODES, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import { systemErrorCode } from '../../core/errors.ts'
import type { ComponentId } from '../../core/indicator.ts'
import { listenError } from '../../core/listener/listen-error.ts'
import { NO_SCHEMAS } from '../../core/listener/no-schemas.ts'
import type { Certificate } from '../../core/listener/tls.ts'
import { isLoopback } from '../../core/loopback.ts'
import type { HttpEvents } from '../../telemetry/events/http.ts'
import type { HttpConfig } from './config.ts'
import { addRoutes, answerNotFound, type RouteOptions } from './routes.ts'

export interface ServerOptions {
  readonly id: ComponentId
  readonly config: HttpConfig
  readonly certificate: Certificate | undefined
  readonly routes: Omit<RouteOptions, 'stopping'>
  readonly clock: Clock
}

export interface AlertServer {
  /** Takes no more connections and no more alerts; requests whose alerts are being written are answered. */
  stop(): void
  /** Stops, and resolves when no connection is left: those that are open 2 s after the stop are cut. */
  close(): Promise<void>
}

/** Less than the quarter of `shutdownDeadline` that closing has by default. */
const GRACE_MS = 2000
const TLS_HANDSHAKE_MS = 10_000
/** How often the time-outs of connections are looked at. */
const CHECK_MS = 1000
const MAX_HEADER_BYTES = 16 * 1024
/** Longer than senders wait between two batches; shorter than the time after which firewalls forget a connection. */
const KEEP_ALIVE_MS = 75_000

/** Listens. Rejects with ADDRESS_UNUSABLE. */
export async function openServer(options: ServerOptions): Promise<AlertServer> {
  const { id, config, clock } = options
  const stopping = new AbortController()
  const routes = { ...options.routes, stopping: stopping.signal }
  const servers: Server[] = []
  // Loaded here: no other command, and no other source, waits for it.
  const { fastify } = await import('fastify')
  const app = fastify({
    // For `localhost` it is called for each address.
    serverFactory: (handler) => {
      const server = createListener(handler, options)
      servers.push(server)
      return server
    },
    routerOptions: { ignoreTrailingSlash: true },
    schemaController: NO_SCHEMAS,
    return503OnClosing: false,
    // A path that cannot be decoded.
    frameworkErrors: (_error, request, reply) => {
      void answerNotFound(request, reply, routes)
    },
    clientErrorHandler: (error, socket) => onClientError(error, socket, routes.events),
  })
  addRoutes(app, routes)
  try {
    await app.listen({ host: config.host, port: config.port })
  } catch (cause) {
    await app.close()
    throw listenError(`sources.${id}`, config, cause)
  }
  // Too many open files, for one: without a listener it would end the process.
  for (const server of servers) server.on('error', (error) => routes.events.acceptFailed(error))
  let closed: Promise<void> | undefined
  const stop = (): void => {
    if (closed !== undefined) return
    stopping.abort()
    const over = new AbortController()
    closed = app.close().finally(() => over.abort())
    void cutAfter(clock.sleep(GRACE_MS, over.signal), servers)
  }
  const tls = config.tls !== undefined
  routes.events.listening({ host: config.host, port: boundPort(servers) ?? config.port, tls })
  if (!tls && !isLoopback(config.host)) routes.events.unencrypted(config.host)
  return {
    stop,
    close: async () => {
      stop()
      await closed
    },
  }
}

async function cutAfter(patience: Promise<void>, servers: readonly Server[]): Promise<void> {
  await patience
  for (const server of servers) server.closeAllConnections()
}

/** The one that the system gave for 0. */
function boundPort([server]: readonly Server[]): number | undefined {
  const address = server?.address()
  return typeof address === 'object' ? address?.port : undefined
}

function createListener(
  handler: RequestListener,
  { config, certificate, routes }: Pick<ServerOptions, 'config' | 'certificate' | 'routes'>,
): Server {
  const headersTimeout = Math.min(config.headerTimeout, config.requestTimeout)
  const options = {
    headersTimeout,
    requestTimeout: config.requestTimeout,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    connectionsCheckingInterval: Math.min(CHECK_MS, headersTimeout),
  }
  const server =
    certificate === undefined
      ? createServer(options, handler)
      : createTlsServer({ ...options, ...certificate, handshakeTimeout: TLS_HANDSHAKE_MS }, handler)
  server.maxConnections = config.maxConnections
  server.on('drop', () => routes.events.connectionRefused(config.maxConnections))
  // For a peer that does not read its answer.
  server.setTimeout(config.requestTimeout + KEEP_ALIVE_MS)
  return server
}

const CLIENT_ERRORS: Readonly<Record<string, { readonly status: number; readonly error: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    error: 'The request did not arrive in time (headerTimeout, requestTimeout): send smaller batches',
  },
  HPE_HEADER_OVERFLOW: { status: 431, error: 'The headers are too large: at most 16 KiB' },
}
const NO_HTTP = { status: 400, error: 'This is not HTTP/1.1 as it should be' }

/** What Node refuses before anything else is asked: there is no request yet to answer. */
function onClientError(error: Error, socket: Socket, events: HttpEvents): void {
  const code = systemErrorCode(error) ?? ''
  // The sender went away in the middle of a request.
  if (code === 'ECONNRESET' || code === 'HPE_INVALID_EOF_STATE' || socket.destroyed) {
    socket.destroy()
    return
  }
  const answer = CLIENT_ERRORS[code] ?? NO_HTTP
  events.badRequest(answer.status, { remote: socket.remoteAddress, errno: code })
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const body = JSON.stringify({ error: answer.error, accepted: 0, rejected: 0 })
  const head = [
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
