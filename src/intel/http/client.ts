import { Agent, EnvHttpProxyAgent, type Dispatcher } from 'undici'
import { onAbort, untilAborted } from '../../core/abort.ts'
import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import { formatDuration } from '../../core/units.ts'
import { chunksOf, drop, readBody } from './body.ts'
import { httpError } from './errors.ts'
import { tlsOptions, type TlsSettings } from '../../core/tls.ts'
import { isLoopback } from '../../core/loopback.ts'
import { createSlots } from './slots.ts'

export interface HttpClientOptions extends TlsSettings {
  /** Requests go below its path. User information, query and fragment are not used. */
  readonly baseUrl: string
  /** Requests at a time; further ones wait, without their time running. */
  readonly connections: number
  /** From the sending of a request to the end of its answer. */
  readonly timeoutMs: number
  /** Of the unpacked answer. */
  readonly maxAnswerBytes: number
  readonly clock: Clock
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  /** With a leading `/`, below the path of the base URL. */
  readonly path: string
  readonly json?: unknown
  /** Called when the request is sent, so that secrets are revealed no earlier. */
  readonly headers: () => Readonly<Record<string, string>>
}

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case; the first of several of one name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** From the sending of the request to the end of the answer. */
  readonly ms: number
}

export interface HttpStream {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Throws PROVIDER_UNREACHABLE and the like when the connection breaks, the signal's reason after abort. */
  readonly body: AsyncIterable<Uint8Array>
  /** Ends the connection; for an answer whose body is not read. */
  readonly discard: () => void
}

/**
 * Requests to one server. Any status is an answer, also a redirect, which is never followed. Rejects with an AppError
 * (PROVIDER_UNREACHABLE, PROVIDER_UNTRUSTED, PROVIDER_OVERLOADED for a too long answer, PROVIDER_MALFORMED), or with the
 * signal's reason after abort. No error carries headers, bodies or secrets.
 */
export interface HttpClient {
  /** Host and port, as errors name it. */
  readonly server: string
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>
  /** An answer without end. Time runs until its head is there; its body must be read to its end, or `signal` aborted. */
  open(request: HttpRequest, signal: AbortSignal): Promise<HttpStream>
  /** Ends what is under way, with errors. */
  close(): Promise<void>
}

/** Throws CONFIG_INVALID when `caFile` or the proxy of the environment is no good. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { connections, timeoutMs, maxAnswerBytes, clock } = options
  const url = new URL(options.baseUrl)
  const server = url.host
  const dispatcher = createDispatcher(url, options)
  const slots = createSlots(connections)

  const send = createSend(dispatcher, url)

  async function exchange(wanted: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const sent = clock.monotonic()
    const answer = await send(wanted, 'gzip', signal)
    const headers = firstOfEach(answer.headers)
    const body = await readBody(answer.body, headers, { server, maxBytes: maxAnswerBytes })
    return { status: answer.statusCode, headers, body, ms: clock.monotonic() - sent }
  }

  async function request(wanted: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const giveBack = await slots.take(signal)
    const deadline = startDeadline(clock, timeoutMs, signal)
    try {
      return await exchange(wanted, deadline.signal)
    } catch (cause) {
      signal.throwIfAborted()
      if (deadline.passed()) throw timedOut(server, timeoutMs)
      throw httpError(cause, server)
    } finally {
      deadline.end()
      giveBack()
    }
  }

  async function open(wanted: HttpRequest, signal: AbortSignal): Promise<HttpStream> {
    const deadline = startDeadline(clock, timeoutMs, signal)
    try {
      const answer = await send(wanted, 'identity', deadline.signal)
      const headers = firstOfEach(answer.headers)
      return {
        status: answer.statusCode,
        headers,
        body: chunksOf(answer.body, server, signal),
        discard: () => drop(answer.body),
      }
    } catch (cause) {
      signal.throwIfAborted()
      if (deadline.passed()) throw timedOut(server, timeoutMs)
      throw httpError(cause, server)
    } finally {
      deadline.end()
    }
  }

  return { server, request, open, close: () => dispatcher.destroy() }
}

type Send = (
  wanted: HttpRequest,
  encoding: 'gzip' | 'identity',
  signal: AbortSignal,
) => Promise<Dispatcher.ResponseData>

/** undici looks at the signal of a request only when a connection is free for it: what comes later is dropped. */
function createSend(dispatcher: Dispatcher, url: URL): Send {
  const prefix = url.pathname.replace(/\/+$/, '')
  return ({ method, path, json, headers }, encoding, signal) =>
    untilAborted(
      dispatcher.request({
        origin: url.origin,
        path: `${prefix}${path}`,
        method,
        headers: { 'accept-encoding': encoding, ...headers() },
        body: json === undefined ? null : JSON.stringify(json),
        signal,
      }),
      signal,
      ({ body }) => drop(body),
    )
}

/** undici's own limits are off where the deadline covers them. This machine is never asked through a proxy. */
function createDispatcher(url: URL, { connections, timeoutMs, ...tls }: HttpClientOptions): Dispatcher {
  const secure = tlsOptions(tls)
  const agent = { connections, headersTimeout: 0, bodyTimeout: 0, connect: { ...secure, timeout: timeoutMs } }
  if (isLoopback(url.hostname)) return new Agent(agent)
  try {
    return new EnvHttpProxyAgent({ ...agent, requestTls: { ...secure, timeout: timeoutMs } })
  } catch {
    // Its cause would show the address of the proxy, which may hold a password.
    throw new AppError('CONFIG_INVALID', 'The proxy in HTTP_PROXY or HTTPS_PROXY is no URL', {
      hint: 'Write it with its scheme: http://proxy.example.org:3128',
    })
  }
}

interface Deadline {
  /** Aborted when the time is up, and when the outer signal is. */
  readonly signal: AbortSignal
  passed(): boolean
  end(): void
}

/** By hand: signals made by `AbortSignal.any` of a long-lived one stay in memory on Node 20. */
function startDeadline(clock: Clock, ms: number, outer: AbortSignal): Deadline {
  const inner = new AbortController()
  const ended = new AbortController()
  let late = false
  const unlisten = onAbort(outer, () => inner.abort())
  if (outer.aborted) inner.abort()
  void expire()
  async function expire(): Promise<void> {
    await clock.sleep(ms, ended.signal)
    if (ended.signal.aborted) return
    late = true
    inner.abort()
  }
  return {
    signal: inner.signal,
    passed: () => late,
    end: () => {
      unlisten()
      ended.abort()
    },
  }
}

function timedOut(server: string, timeoutMs: number): AppError {
  return new AppError(
    'PROVIDER_UNREACHABLE',
    `${server} did not answer to the end within ${formatDuration(timeoutMs)}`,
    {
      // By its name a time-out is told from other troubles (`isTimeOut` of the look-ups).
      cause: new DOMException('The time is up', 'TimeoutError'),
      hint: 'Is the server overloaded? A longer time is set with timeout of the provider.',
    },
  )
}

function firstOfEach(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const first: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const text = Array.isArray(value) ? value[0] : value
    if (text !== undefined) first[name.toLowerCase()] = text
  }
  return first
}
