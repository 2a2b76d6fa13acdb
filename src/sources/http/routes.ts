import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { withEither } from '../../core/abort.ts'
import type { HttpEvents } from '../../telemetry/events/http.ts'
import { ANSWERS, type Outcome } from './answers.ts'
import type { Backlog } from './backlog.ts'
import { isReadable, packingOf } from './content.ts'
import type { Receipt, Receive } from './receive.ts'

export interface RouteOptions {
  readonly receive: Receive
  readonly isAllowed: (authorization: string | undefined) => boolean
  readonly backlog: Backlog
  readonly events: HttpEvents
  /** Nothing is taken any more after its abort. */
  readonly stopping: AbortSignal
}

const ALERTS = '/alerts'
const HEALTH = '/healthz'

/** `POST /alerts` and `GET /healthz`; everything else is answered with what to do instead. */
export function addRoutes(app: FastifyInstance, options: RouteOptions): void {
  // Bodies are read by `receive`, whatever they are called.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.addHook('onRequest', async (request, reply) => {
    const outcome = refusal(request, options)
    if (outcome !== undefined) return answer(request, reply, { outcome }, options)
    // It is judged by now; Fastify would refuse an empty one.
    delete request.headers['content-type']
    return undefined
  })
  app.get(HEALTH, async (_request, reply) => {
    const status = health(options)
    return reply.code(status === 'ok' ? 200 : 503).send({ status })
  })
  app.all(ALERTS, async (request, reply) => {
    const gone = new AbortController()
    reply.raw.once('close', () => gone.abort())
    const receipt = await withEither(gone.signal, options.stopping, (signal) =>
      options.receive(request.raw, signal),
    )
    return answer(request, reply, receipt, options)
  })
  app.setNotFoundHandler((request, reply) => answerNotFound(request, reply, options))
  app.setErrorHandler((error, request, reply) => {
    options.events.failed(error)
    return answer(request, reply, { outcome: 'failed' }, options)
  })
}

export function answerNotFound(
  request: FastifyRequest,
  reply: FastifyReply,
  options: RouteOptions,
): FastifyReply {
  return answer(request, reply, { outcome: 'not_found' }, options)
}

/** What is known before the body has come. */
function refusal(request: FastifyRequest, options: RouteOptions): Outcome | undefined {
  const { headers, method, routeOptions } = request
  if (routeOptions.url === HEALTH) return undefined
  if (routeOptions.url !== ALERTS) return 'not_found'
  if (method !== 'POST') return 'wrong_method'
  if (!options.isAllowed(headers.authorization)) return 'unauthorized'
  if (!isReadable(headers['content-type']) || packingOf(headers['content-encoding']) === undefined)
    return 'wrong_type'
  if (options.stopping.aborted) return 'stopping'
  return options.backlog.isFull() ? 'full' : undefined
}

function health({ backlog, stopping }: RouteOptions): 'ok' | 'full' | 'stopping' {
  if (stopping.aborted) return 'stopping'
  return backlog.isFull() ? 'full' : 'ok'
}

function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { outcome, accepted = 0, rejected = 0 }: Pick<Receipt, 'outcome'> & Partial<Receipt>,
  { events, stopping }: RouteOptions,
): FastifyReply {
  const { status, error, headers = {} } = ANSWERS[outcome]
  events.answered(outcome, { remote: request.ip, accepted, rejected })
  return reply
    .code(status)
    .headers(stopping.aborted ? { ...headers, connection: 'close' } : headers)
    .send({ ...(error === undefined ? {} : { error }), accepted, rejected })
}
