import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Listener, TlsFiles } from '../../fake-misp/http/server.ts'
import { listen } from '../../fake-misp/http/server.ts'
import { createExecutor } from '../graphql/executor.ts'
import type { Instance } from '../instance.ts'
import type { RecordedRequest } from '../types.ts'
import { userOf } from '../users.ts'
import { createFaults } from './faults.ts'
import type { Faults } from './faults.ts'
import type { ParsedBody } from './graphql.ts'
import { operationIn, parseBody } from './graphql.ts'
import { faultAnswer, handle } from './handle.ts'
import type { Hub } from '../stream/hub.ts'
import { send, SESSION_COOKIE } from './send.ts'

export interface FrontOptions {
  readonly port?: number
  readonly basePath?: string
  readonly latencyMs?: number
  readonly tls?: TlsFiles
  readonly recordRequests?: boolean
}

/** The listening side: paths, faults, latency and the list of requests. */
export interface Front {
  readonly listener: Listener
  readonly faults: Faults
  readonly requests: RecordedRequest[]
  readonly url: string
  /** How often the session cookie came back. */
  readonly cookiesReceived: number
  setLatency(ms: number): void
}

export async function openFront(instance: Instance, hub: Hub, options: FrontOptions): Promise<Front> {
  const { basePath = '', recordRequests = true } = options
  const faults = createFaults()
  const run = createExecutor(instance.version)
  const requests: RecordedRequest[] = []
  let latencyMs = options.latencyMs ?? 0
  let cookies = 0
  const onRequest = async (
    message: IncomingMessage,
    bytes: Buffer,
    response: ServerResponse,
  ): Promise<void> => {
    const { method = 'GET', headers, url: target = '/' } = message
    const cookie = headers.cookie?.includes(`${SESSION_COOKIE}=`) === true
    if (cookie) cookies += 1
    // The session goes before the token, and there is none.
    const user = cookie ? undefined : userOf(instance.users, headers.authorization, instance.version)
    const body = parseBody(bytes, headers)
    const record = recordOf(message, body, user?.name)
    if (recordRequests) requests.push(record)
    const met = faults.take(target, operationIn(body).query ?? '')
    if (met.some(({ fault }) => fault === 'hang')) return
    if (met.some(({ fault }) => fault === 'reset')) return void response.socket?.destroy()
    const path = pathOf(target, basePath)
    const streaming = method === 'GET' && path !== undefined && isStream(path)
    if (streaming && faultAnswer({ instance, path, faults: met }) === undefined) {
      record.status = await hub.serve({ target, path, headers, user }, response)
      return
    }
    const answer = handle({ instance, run, method, path, target, headers, body, user, faults: met })
    await send(response, answer, { faults: met, latencyMs })
    if (response.headersSent) record.status = answer.status
  }
  const listener = await listen(options.port ?? 0, onRequest, options.tls)
  return {
    listener,
    faults,
    requests,
    get url() {
      return `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${listener.port}${basePath}`
    },
    get cookiesReceived() {
      return cookies
    },
    setLatency: (ms) => {
      latencyMs = ms
    },
  }
}

function isStream(path: string): boolean {
  return path === '/stream' || path.startsWith('/stream/')
}

/** Without query and base path; undefined outside the base path. */
function pathOf(target: string, basePath: string): string | undefined {
  const path = target.split('?')[0] ?? ''
  if (basePath === '') return path
  return path === basePath || path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : undefined
}

function recordOf(
  { method = 'GET', url = '/', headers }: IncomingMessage,
  body: ParsedBody,
  user?: string,
): RecordedRequest {
  const { operationName, query, variables } = operationIn(body)
  const shown = Object.entries(headers).map(([name, value]): readonly [string, string] => [
    name,
    name === 'authorization' ? '[hidden]' : String(value),
  ])
  return {
    method,
    path: url,
    headers: Object.fromEntries(shown),
    at: Date.now(),
    ...(typeof query === 'string' ? { query, variables: variables ?? {} } : {}),
    ...(typeof operationName === 'string' ? { operationName } : {}),
    ...(user === undefined ? {} : { user }),
  }
}
