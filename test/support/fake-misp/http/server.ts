import { createServer as createHttpServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

export interface TlsFiles {
  readonly key: string
  readonly cert: string
}

export interface Listener {
  readonly port: number
  /** Listens again on the same port. */
  start(): Promise<void>
  /** Ends all connections; new ones are refused. */
  stop(): Promise<void>
}

export type OnRequest = (request: IncomingMessage, bytes: Buffer, response: ServerResponse) => Promise<void>

/** A server on loopback that can go away and come back on its port. */
export async function listen(wantedPort: number, onRequest: OnRequest, tls?: TlsFiles): Promise<Listener> {
  const sockets = new Set<Socket>()
  let port = wantedPort
  let server: Server | undefined
  const stop = async (): Promise<void> => {
    const old = server
    server = undefined
    if (old === undefined) return
    const closed = new Promise<void>((resolve) => old.close(() => resolve()))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  const start = async (): Promise<void> => {
    if (server !== undefined) return
    const made = make(listenerOf(onRequest), tls)
    server = made
    made.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    await new Promise<void>((resolve, reject) => {
      made.once('error', reject)
      made.listen(port, '127.0.0.1', resolve)
    })
    port = (made.address() as AddressInfo).port
  }
  await start()
  return {
    get port() {
      return port
    },
    start,
    stop,
  }
}

function make(listener: RequestListener, tls: TlsFiles | undefined): Server {
  return tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener)
}

function listenerOf(onRequest: OnRequest): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => undefined)
    request.on('end', () => {
      onRequest(request, Buffer.concat(chunks), response).catch((error: unknown) => {
        process.emitWarning(
          `the fake server failed at ${request.method} ${request.url}: ${String((error as Error).stack)}`,
        )
        response.destroy()
      })
    })
  }
}
