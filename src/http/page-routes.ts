import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Asset } from './assets.ts'
import type { Guard } from './guard.ts'
import type { Live } from './live.ts'
import type { Hello, LookUpAnswer } from './page/wire.ts'
import type { RecentMatches } from './recent.ts'

/** Looks one value up; undefined while that cannot be done yet, empty for what is no value. */
export type LookUp = (value: string, signal: AbortSignal) => Promise<readonly LookUpAnswer[]> | undefined

export interface PageParts {
  readonly assets: ReadonlyMap<string, Asset>
  readonly recent: RecentMatches
  readonly live: Live
  readonly hello: () => Promise<Hello>
  readonly lookUp: LookUp
}

/** People ask one after the other: more would take the providers from the alerts. */
const MAX_LOOKUPS = 4
const MAX_VALUE = 2048

/** The status page, its live stream, records of matches, and look-ups. */
export function addPage(app: FastifyInstance, guard: Guard, parts: PageParts): void {
  for (const [path, asset] of parts.assets)
    app.get(path, (request, reply) => send(asset, request.headers['if-none-match'], reply))
  app.get('/api/live', async (_request, reply) => {
    const hello = await parts.hello()
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, { ...guard.headers, 'content-type': 'text/event-stream; charset=utf-8' })
    if (parts.live.join(raw, hello)) return
    // A status other than 200 would make the page give up for good.
    raw.end('retry: 30000\nevent: full\ndata: {}\n\n')
  })
  app.get<{ Params: { key: string } }>('/api/matches/:key', async ({ params }, reply) => {
    const record = parts.recent.record(Number(params.key))
    if (record === undefined) return reply.code(404).send({ error: 'This match is not kept any more' })
    return reply.type('application/json; charset=utf-8').send(record)
  })
  addLookUp(app, parts)
}

/** Loaded once, and asked for anew each time. */
function send({ type, body, etag }: Asset, known: string | undefined, reply: FastifyReply): FastifyReply {
  reply.headers({ 'cache-control': 'no-cache', etag })
  return known === etag ? reply.code(304).send() : reply.type(type).send(body)
}

function addLookUp(app: FastifyInstance, { lookUp }: PageParts): void {
  let running = 0
  app.post('/api/look-up', async (request, reply) => {
    const value = valueOf(request.body)
    if (value === undefined)
      return reply.code(400).send({ error: `Send {"value": "…"} of at most ${MAX_VALUE} characters` })
    if (running >= MAX_LOOKUPS)
      return reply.code(429).header('retry-after', '1').send({ error: 'Too many look-ups at a time' })
    const gone = new AbortController()
    reply.raw.once('close', () => gone.abort())
    running += 1
    try {
      const answers = await lookUp(value, gone.signal)
      if (answers === undefined) return reply.code(503).send({ error: 'Tripline starts: ask again' })
      return reply.send(answers)
    } finally {
      running -= 1
    }
  })
}

function valueOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('value' in body)) return undefined
  const { value } = body
  if (typeof value !== 'string' || value.length > MAX_VALUE) return undefined
  return value.trim() === '' ? undefined : value.trim()
}
