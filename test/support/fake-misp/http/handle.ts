import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { heartbeat, maySight } from '../endpoints/service.ts'
import type { Instance } from '../instance.ts'
import { admit, isApi, startsSession } from './admission.ts'
import type { Answer } from './answer.ts'
import { failure, htmlPage, redirectToLogin, TEXTS } from './answer.ts'
import { parseBody } from './body.ts'
import type { ActiveFault } from './faults.ts'
import type { RequestPath } from './path.ts'
import { limitHeaders } from './rate-limit.ts'
import type { Route } from './routes.ts'
import { CONTROLLERS, ROUTES } from './routes.ts'
import type { User } from './users.ts'
import { toXml } from './xml.ts'

export interface Request {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
}

export interface Handling {
  readonly instance: Instance
  /** The configured base address, for redirects: not the host asked. */
  readonly base: string
  readonly faults: readonly ActiveFault[]
  /** Counts up, for the jokes. */
  readonly beats: number
}

/** What the server answers, all as MISP orders its checks: database, path, kind of client, key, maintenance, rights, limit. */
export function handle(path: RequestPath | undefined, request: Request, handling: Handling): Answer {
  const { headers } = request
  const has = (fault: string): ActiveFault | undefined => handling.faults.find((each) => each.fault === fault)
  if (path === undefined) return htmlPage(404, NOT_FOUND_PAGE)
  if (has('html-200') !== undefined) return htmlPage(200)
  if (has('html-502') !== undefined) return htmlPage(502, BAD_GATEWAY_PAGE)
  if (has('database-down') !== undefined) {
    return {
      ...(isApi(path, headers) ? failure(500, TEXTS.internal, path.url) : htmlPage(500)),
      session: false,
    }
  }
  if (path.key === 'users/heartbeat') return heartbeat(handling.beats)
  if (!CONTROLLERS.has(path.controller)) {
    const answer = failure(404, TEXTS.notFound, path.url)
    return startsSession(headers) ? answer : { ...answer, session: false }
  }
  const admission = admit(path, headers, handling.base)
  if ('answer' in admission) return admission.answer
  const { user } = admission
  const expires: Record<string, string> =
    user.keyExpires === undefined ? {} : { 'X-Auth-Key-Expiration': user.keyExpires }
  if (has('maintenance') !== undefined && !user.role.siteAdmin) return redirectToLogin(handling.base)
  const limited = has('rate-limit')
  const answer =
    limited === undefined ? admitted(path, request, { ...handling, user }) : throttled(path, limited)
  return { ...answer, headers: { ...expires, ...answer.headers } }
}

/** The role's window, as if it were used up. */
function throttled({ url }: RequestPath, { seconds = 60 }: ActiveFault): Answer {
  const body = JSON.stringify({ name: TEXTS.rateLimit, message: TEXTS.rateLimit, url }, null, 4)
  return { status: 429, body, type: 'application/json', headers: limitHeaders(20, 0, seconds) }
}

function admitted(
  path: RequestPath,
  request: Request,
  { instance, user }: Handling & { readonly user: User },
): Answer {
  const { url, args, named } = path
  const { method, headers } = request
  const route = ROUTES[path.key]
  if (route === undefined || !permitted(route, user)) return failure(403, TEXTS.permission, url)
  const body = parseBody(request.bytes, headers)
  if ('problem' in body) {
    return body.problem === 'brotli' ? failure(400, TEXTS.brotli, url) : failure(405, TEXTS.malformed, url)
  }
  const window =
    route.search === true ? instance.rateWindows.take(user, url, instance.now()) : { headers: {} }
  if (window.refusal !== undefined) return window.refusal
  const answer = route.endpoint({ instance, user, method, headers, url, args, named, body: body.value })
  const shown = route.search === true ? answer : negotiated(answer, headers)
  return { ...shown, headers: { ...window.headers, ...shown.headers } }
}

/** XML for those who accept only that, an ETag for those who ask for one; the work is done all the same. */
function negotiated(answer: Answer, headers: IncomingHttpHeaders): Answer {
  if (typeof answer.body !== 'string' || answer.status !== 200) return answer
  const { accept = '' } = headers
  const xml = accept.includes('application/xml') && !accept.includes('application/json')
  const shown: Answer = xml
    ? { ...answer, type: 'application/xml', body: toXml(JSON.parse(answer.body)) }
    : answer
  const asked = headers['if-none-match']
  if (asked === undefined) return shown
  const tag = `"${createHash('sha1').update(answer.body).digest('hex')}"`
  const same = asked === tag
  return { ...shown, ...(same ? { status: 304, body: '' } : {}), headers: { ...shown.headers, ETag: tag } }
}

function permitted({ needs }: Route, user: User): boolean {
  if (needs === 'sighting') return maySight(user)
  return needs !== 'add' || (user.role.add && user.readOnlyKey !== true)
}

const BAD_GATEWAY_PAGE =
  '<html>\n<head><title>502 Bad Gateway</title></head>\n<body><center><h1>502 Bad Gateway</h1></center></body>\n</html>\n'
const NOT_FOUND_PAGE =
  '<html>\n<head><title>404 Not Found</title></head>\n<body><h1>Not Found</h1></body>\n</html>\n'
