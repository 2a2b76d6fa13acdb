import { mkdirSync, readdirSync } from 'node:fs'
import { request, type IncomingHttpHeaders, type RequestOptions } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import type { Alert } from '../../src/core/alert.ts'
import type { Batch, Source } from '../../src/core/ports.ts'
import { createDecoder } from '../../src/sources/decode.ts'
import { httpConfig } from '../../src/sources/http/config.ts'
import { createHttpSource } from '../../src/sources/http/http.ts'
import { alertLine } from './log-writer.ts'
import { recordedTelemetry, type RecordedTelemetry } from './telemetry.ts'
import { range, temporaryFolder, type TemporaryFolder } from './wazuh-file.ts'

const decode = await createDecoder()

export const TOKEN = 'a-token-that-nobody-else-has'

/** How a request begins; its other headers come behind it. */
export const HEAD = `POST /alerts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\n`

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Parsed. */
  readonly body: unknown
  /** Over a connection that another request had used. */
  readonly reused: boolean
}

export interface Sent extends Omit<RequestOptions, 'headers'> {
  readonly headers?: Readonly<Record<string, string | number>>
  readonly body?: string | Buffer
}

/** Alerts of these numbers, one a line. */
export function linesOf(from: number, to: number): string {
  return range(from, to)
    .map((number) => alertLine(number))
    .join('\n')
}

export function sorted(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((a, b) => a - b)
}

/** Fails with what was answered when it is not that. */
export function expectRefused({ status, body }: Answer, expected: number, hint: RegExp): void {
  expect({ status, body }).toEqual({
    status: expected,
    body: {
      error: expect.stringMatching(hint) as string,
      accepted: 0,
      rejected: expect.any(Number) as number,
    },
  })
}

/** One request, by default `POST /alerts` with the token. */
export function send(port: number, { body, headers, ...options }: Sent = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sending = request(
      {
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: '/alerts',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
        ...options,
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: text === '' ? undefined : JSON.parse(text),
            reused: sending.reusedSocket,
          }),
        )
        response.on('error', reject)
      },
    )
    sending.on('error', reject).end(body)
  })
}

/** A connection that speaks byte by byte. */
export interface RawConnection {
  write(bytes: string | Buffer): void
  /** All that comes back until the other side closes. */
  readonly answer: Promise<string>
}

/** Opens a connection, writes bytes to it and leaves it open. */
export function raw(port: number, bytes: string): RawConnection {
  let text = ''
  const socket = connect({ host: '127.0.0.1', port })
  socket.write(bytes)
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  return {
    write: (more) => void socket.write(more),
    answer: new Promise((resolve, reject) => {
      socket.on('close', () => resolve(text)).on('error', reject)
    }),
  }
}

/** Sends headers that announce a body, and no body; gives the status of the answer. */
export function announce(port: number, headers: Readonly<Record<string, string | number>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sending = request({
      host: '127.0.0.1',
      port,
      method: 'POST',
      path: '/alerts',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-length': 10, ...headers },
    })
    sending.on('response', (response) => {
      resolve(response.statusCode ?? 0)
      sending.destroy()
    })
    sending.on('error', reject).flushHeaders()
  })
}

/** A source that listens on a port of its own, pulled by hand. */
export interface RunningHttp {
  readonly source: Source
  readonly port: number
  readonly telemetry: RecordedTelemetry
  post(body: string | Buffer, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** Pulls until that many alerts have come; acknowledges unless told not to. */
  take(alerts: number, acknowledge?: boolean): Promise<readonly Alert[]>
  /** Resolves when the reader of the spool has begun. */
  reading(): Promise<void>
  /** No more reading; does not close. */
  abort(): void
  /** As the daemon does: no more reading, then the rest. */
  stop(): Promise<void>
}

export interface HttpSources {
  readonly stateDir: string
  /** Names in one of the folders of the spool, in order. */
  list(folder: 'new' | 'tmp' | 'failed'): readonly string[]
  path(folder: 'new' | 'tmp' | 'failed', name?: string): string
  start(settings?: Readonly<Record<string, unknown>>): Promise<RunningHttp>
}

/** A fresh folder for each test of a file; whatever runs is stopped after it. */
export function useHttpSources(): HttpSources {
  let folder: TemporaryFolder
  let running: RunningHttp[] = []
  beforeEach(() => {
    folder = temporaryFolder()
    running = []
  })
  afterEach(async () => {
    for (const each of running) await each.stop()
    folder.remove()
  })
  const path: HttpSources['path'] = (name, file = '') => join(folder.path, 'http/in', name, file)
  return {
    get stateDir() {
      return folder.path
    },
    list: (name) => readdirSync(path(name)).toSorted(),
    path,
    start: async (settings = {}) => {
      mkdirSync(folder.path, { recursive: true })
      const started = await startSource(folder.path, settings)
      running.push(started)
      return started
    },
  }
}

async function startSource(
  stateDir: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<RunningHttp> {
  const telemetry = recordedTelemetry()
  const config = httpConfig.parse({ type: 'http', port: 0, token: TOKEN, ...settings })
  const source = await createHttpSource({ id: 'in', stateDir, config, decode, telemetry })
  const port = Number(telemetry.lines.find(({ msg }) => msg === 'Taking alerts over HTTP')?.['port'])
  const abort = new AbortController()
  const iterator = source.read(abort.signal)[Symbol.asyncIterator]()
  let pending: Promise<IteratorResult<Batch>> | undefined
  const next = async (): Promise<Batch> => {
    pending ??= iterator.next()
    const result = await pending
    pending = undefined
    if (result.done === true) throw new Error('The source has ended')
    return result.value
  }
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    abort.abort()
    await pending
    await iterator.return?.()
    await source.close()
  }
  return {
    source,
    port,
    telemetry,
    post: (body, headers = {}) => send(port, { body, headers }),
    take: async (wanted, acknowledge = true) => {
      const alerts: Alert[] = []
      while (alerts.length < wanted) {
        const batch = await next()
        alerts.push(...batch.alerts)
        if (acknowledge) batch.ack()
      }
      return alerts
    },
    reading: async () => {
      pending ??= iterator.next()
      await expect.poll(() => telemetry.lines.some(({ msg }) => msg === 'Reading a spool')).toBe(true)
    },
    abort: () => abort.abort(),
    stop: () => (stopped ??= stop()),
  }
}
