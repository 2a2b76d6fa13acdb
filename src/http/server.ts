import type { FastifyInstance } from 'fastify'
import type { Server } from 'node:http'
import type { Clock } from '../core/clock.ts'
import { AppError, systemErrorCode } from '../core/errors.ts'
import { listenError } from '../core/listener/listen-error.ts'
import { NO_SCHEMAS } from '../core/listener/no-schemas.ts'
import { readCertificate, type Certificate } from '../core/listener/tls.ts'
import { isLoopback } from '../core/loopback.ts'
import type { StatusEvents } from '../telemetry/events/status.ts'
import { DEFAULT_PORT, type StatusConfig } from './config.ts'
import { createGuard, type Guard } from './guard.ts'
import { answerClientError, createListener, TIMES, type Limits } from './listener.ts'

export interface StatusServerOptions {
  readonly config: StatusConfig
  readonly events: StatusEvents
  readonly clock: Clock
  /** Puts the routes on each server that is made. */
  readonly addRoutes: (app: FastifyInstance, guard: Guard) => void
  /** The one when none is set, and the times of connections: for tests. */
  readonly defaultPort?: number
  readonly times?: Omit<Limits, 'maxConnections'>
}

export interface StatusServer {
  /** Where it listens; undefined while the port is taken. */
  port(): number | undefined
  /** Resolves when nobody is connected any more: those that are after a second are cut. */
  close(): Promise<void>
}

const RETRY_MS = 30_000
const GRACE_MS = 1000
/** The largest question is a value of 2,048 characters to look up. */
const MAX_BODY_BYTES = 16 * 1024

interface Open {
  readonly app: FastifyInstance
  readonly servers: readonly Server[]
}

/**
 * Listens. A status page is not worth a daemon that does not start: where the port is nobody's choice and is taken, it is tried
 * again for ever. Rejects with ADDRESS_UNUSABLE where an address that was chosen cannot be used, and with CONFIG_INVALID.
 */
export async function openStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const { config, clock, events } = options
  if (config.token === undefined && !isLoopback(config.host))
    throw new AppError(
      'CONFIG_INVALID',
      `http.host: others can reach ${config.host}, and there is no http.token`,
    )
  const certificate = config.tls && (await readCertificate('http', config.tls))
  const ending = new AbortController()
  const notServed = (error: unknown): undefined => {
    events.notServed(error, RETRY_MS)
  }
  let open = await listen(options, certificate)
  const trying = (async (): Promise<void> => {
    while (open === undefined && !ending.signal.aborted) {
      await clock.sleep(RETRY_MS, ending.signal)
      if (!ending.signal.aborted) open = await listen(options, certificate).catch(notServed)
    }
  })()
  return {
    port: () => boundPort(open?.servers[0]),
    close: async () => {
      ending.abort()
      await trying
      if (open !== undefined) await closeWithin(open, clock)
    },
  }
}

/** Undefined when the default port is taken. */
async function listen(
  options: StatusServerOptions,
  certificate: Certificate | undefined,
): Promise<Open | undefined> {
  const { config, events, defaultPort = DEFAULT_PORT } = options
  const { host, port = defaultPort } = config
  const { app, servers } = await createApp(options, certificate)
  try {
    await app.listen({ host, port })
  } catch (cause) {
    await app.close()
    if (config.port !== undefined || systemErrorCode(cause) !== 'EADDRINUSE')
      throw listenError('http', { host, port }, cause)
    events.portTaken(port, RETRY_MS)
    return undefined
  }
  const tls = certificate !== undefined
  events.listening({ host, port: boundPort(servers[0]) ?? port, tls })
  if (!tls && !isLoopback(host)) events.unencrypted(host)
  return { app, servers }
}

async function createApp(
  { config, events, addRoutes, times = TIMES }: StatusServerOptions,
  certificate: Certificate | undefined,
): Promise<Open> {
  // Loaded here: no command but the daemon waits for it.
  const { fastify } = await import('fastify')
  const servers: Server[] = []
  const onDrop = (): void => events.connectionRefused(config.maxConnections)
  const limits = { ...times, maxConnections: config.maxConnections }
  const app = fastify({
    // For `localhost` it is called for each address.
    serverFactory: (handler) => {
      const server = createListener(handler, { limits, certificate, onDrop })
      servers.push(server)
      return server
    },
    bodyLimit: MAX_BODY_BYTES,
    schemaController: NO_SCHEMAS,
    return503OnClosing: false,
    clientErrorHandler: (error, socket) => {
      const status = answerClientError(error, socket)
      if (status !== undefined) events.answered(status, socket.remoteAddress ?? '')
    },
  })
  const guard = createGuard(config)
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(guard.headers)
    return guard.refuse(request, reply)
  })
  app.addHook('onResponse', async (request, reply) => events.answered(reply.statusCode, request.ip))
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'Nothing is here' }))
  app.setErrorHandler((error, _request, reply) => {
    const status = statusOf(error)
    if (status >= 500) events.failed(error)
    return reply.code(status).send({
      error: status < 500 && error instanceof Error ? error.message : 'Tripline failed: its log says why',
    })
  })
  addRoutes(app, guard)
  return { app, servers }
}

/** What Fastify says of a question that is wrong; anything else is a defect. */
function statusOf(error: unknown): number {
  if (error instanceof AppError || !(error instanceof Error)) return 500
  const status = 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500
}

async function closeWithin({ app, servers }: Open, clock: Clock): Promise<void> {
  const over = new AbortController()
  const closed = app.close().finally(() => over.abort())
  await Promise.race([closed, clock.sleep(GRACE_MS, over.signal)])
  for (const server of servers) server.closeAllConnections()
  await closed
}

/** The one that the system gave for 0. */
function boundPort(server: Server | undefined): number | undefined {
  const address = server?.address()
  return typeof address === 'object' ? address?.port : undefined
}
