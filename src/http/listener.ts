import { createServer, STATUS_CODES, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { systemErrorCode } from '../core/errors.ts'
import type { Certificate } from '../core/listener/tls.ts'

/** Bounds of every connection. Times are milliseconds. */
export interface Limits {
  readonly maxConnections: number
  readonly headersMs: number
  readonly requestMs: number
  /** Without a byte in either direction. The live stream of the page sends every few seconds. */
  readonly idleMs: number
}

/** Questions are short, and people wait for the answers. */
export const TIMES = { headersMs: 10_000, requestMs: 15_000, idleMs: 75_000 } as const

const MAX_HEADER_BYTES = 16 * 1024
const TLS_HANDSHAKE_MS = 10_000
/** How often the time-outs of connections are looked at. */
const CHECK_MS = 1000

export interface ListenerOptions {
  readonly limits: Limits
  readonly certificate: Certificate | undefined
  /** A connection closed at once, as there are too many. */
  readonly onDrop: () => void
}

/** Node's own server with bounds on everything a client may send, and for how long. */
export function createListener(
  handler: RequestListener,
  { limits, certificate, onDrop }: ListenerOptions,
): Server {
  const options = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    maxHeaderSize: MAX_HEADER_BYTES,
    connectionsCheckingInterval: Math.min(CHECK_MS, limits.headersMs),
  }
  const server =
    certificate === undefined
      ? createServer(options, handler)
      : createTlsServer({ ...options, ...certificate, handshakeTimeout: TLS_HANDSHAKE_MS }, handler)
  server.maxConnections = limits.maxConnections
  server.on('drop', onDrop)
  server.setTimeout(limits.idleMs)
  return server
}

const CLIENT_ERRORS: Readonly<Record<string, { readonly status: number; readonly error: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, error: 'The request did not arrive in time' },
  HPE_HEADER_OVERFLOW: { status: 431, error: 'The headers are too large: at most 16 KiB' },
}
const NO_HTTP = { status: 400, error: 'This is not HTTP/1.1 as it should be' }

/** Answers what Node refuses before there is a request; gives the status, or undefined when the client has gone. */
export function answerClientError(error: Error, socket: Socket): number | undefined {
  const code = systemErrorCode(error) ?? ''
  if (code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return undefined
  }
  const { status, error: text } = CLIENT_ERRORS[code] ?? NO_HTTP
  const body = JSON.stringify({ error: text })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
  return status
}
