import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

import { parseJson } from '../../../core/json.ts'

export interface FakeRequest {
  readonly method: string
  readonly path: string
  readonly authorization: string
  /** Undefined when there is none, or none that is JSON. */
  readonly body: unknown
}

export interface FakeAnswer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface FakeServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  close(): Promise<void>
}

/** A question with some hundred values has some ten kilobytes. */
const MAX_BODY_BYTES = 1024 * 1024

/** A server on loopback, at any free port. */
export function serve(answer: (request: FakeRequest) => FakeAnswer): Promise<FakeServer> {
  const server = createServer((request, response) => {
    void handle(request, response, answer)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      resolve({ url: `http://127.0.0.1:${portOf(server)}`, close: () => close(server) })
    })
  })
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: FakeRequest) => FakeAnswer,
): Promise<void> {
  try {
    const text = await bodyOf(request)
    if (text === undefined) return void response.writeHead(413).end()
    const { method = 'GET', url: path = '/', headers } = request
    const { authorization = '' } = headers
    const { status, body, headers: more } = answer({ method, path, authorization, body: parseJson(text) })
    response.writeHead(status, { 'content-type': 'application/json', ...more }).end(JSON.stringify(body))
  } catch {
    // The asker has gone.
    response.destroy()
  }
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    if (!(chunk instanceof Buffer)) continue
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
