import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from './answer.ts'
import type { ActiveFault, Fault } from './faults.ts'

/** The session cookie is sent up to four times, carries the server's UUID in its name, and is good for nothing. */
const COOKIE =
  'MISP-919570d6-383d-4dd2-af03-dfb2c9c672cc=fakesession; Max-Age=3600; path=/; HttpOnly; SameSite=Lax'

export interface Sending {
  readonly faults: readonly ActiveFault[]
  readonly latencyMs: number
  readonly method: string
}

/** Writes an answer with the length of the whole, unless a fault has other plans. */
export async function send(response: ServerResponse, answer: Answer, sending: Sending): Promise<void> {
  const met = (name: Fault): ActiveFault | undefined => sending.faults.find(({ fault }) => fault === name)
  if (met('hang') !== undefined) return
  const wait = sending.latencyMs + (met('slow-first-byte')?.ms ?? 0)
  if (wait > 0) await sleep(wait)
  if (met('reset') !== undefined) return void response.socket?.destroy()
  if (response.destroyed) return
  const skewMs = (met('clock-skew')?.seconds ?? 0) * 1000
  for (const [name, value] of headersOf(answer, Date.now() + skewMs)) response.setHeader(name, value)
  response.statusCode = answer.status
  if (met('huge-answer') !== undefined) return endless(response)
  const whole = typeof answer.body === 'string' ? [Buffer.from(answer.body)] : answer.body
  const chunks = met('truncated-json') === undefined ? whole : [half(whole)]
  response.setHeader(
    'Content-Length',
    chunks.reduce((sum, { length }) => sum + length, 0),
  )
  const drip = met('slow-drip')
  if (drip !== undefined) return dripping(response, Buffer.concat(chunks), drip.ms ?? 100)
  if (sending.method !== 'HEAD') for (const chunk of chunks) response.write(chunk)
  response.end()
}

function headersOf(
  answer: Answer,
  now: number,
): readonly (readonly [name: string, value: string | string[]])[] {
  const type = answer.type ?? 'application/json'
  return [
    ['Date', new Date(now).toUTCString()],
    ['Server', 'Apache/2.4 (Debian)'],
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', 'SAMEORIGIN'],
    ...cookies(answer),
    ...Object.entries(answer.headers ?? {}),
    ['Content-Type', `${type}; charset=UTF-8`],
  ]
}

function cookies({ session }: Answer): readonly (readonly [name: string, value: string[]])[] {
  return session === false ? [] : [['Set-Cookie', [COOKIE, COOKIE, COOKIE]]]
}

/** As a proxy cuts a long answer off: the length fits, the JSON does not end. */
function half(chunks: readonly Buffer[]): Buffer {
  const whole = Buffer.concat(chunks)
  return whole.subarray(0, Math.max(1, Math.floor(whole.length / 2)))
}

async function dripping(response: ServerResponse, bytes: Buffer, ms: number): Promise<void> {
  for (const byte of bytes) {
    if (response.destroyed) return
    response.write(Buffer.of(byte))
    await sleep(ms)
  }
  response.end()
}

const FILLER = Buffer.alloc(1 << 16, ' ')

/** Until the client goes away. */
function endless(response: ServerResponse): void {
  const fill = (): void => {
    while (!response.destroyed && response.write(FILLER));
  }
  response.on('drain', fill)
  response.write('{"response": {"Attribute": [')
  fill()
}
