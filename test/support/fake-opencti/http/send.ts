import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from './answer.ts'
import type { ActiveFault, Fault } from './faults.ts'

/** Good for nothing: a client that sends it back is taken for a browser whose session has ended. */
export const SESSION_COOKIE = 'opencti_session'
const COOKIE = `${SESSION_COOKIE}=s%3Afakesession.0; Path=/; HttpOnly; SameSite=Lax`

export interface Sending {
  readonly faults: readonly ActiveFault[]
  readonly latencyMs: number
}

/** Writes an answer with its length, unless a fault has other plans. */
export async function send(response: ServerResponse, answer: Answer, sending: Sending): Promise<void> {
  const met = (name: Fault): ActiveFault | undefined => sending.faults.find(({ fault }) => fault === name)
  const wait = sending.latencyMs + (met('slow-first-byte')?.ms ?? 0)
  if (wait > 0) await sleep(wait)
  if (met('lost-reply') !== undefined) return void response.socket?.destroy()
  if (response.destroyed) return
  response.setHeader('Set-Cookie', [COOKIE])
  response.setHeader('Content-Type', answer.type ?? 'application/json; charset=utf-8')
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value)
  response.statusCode = answer.status
  if (answer.statusMessage !== undefined) response.statusMessage = answer.statusMessage
  const whole = met('empty-body') === undefined ? answer.body : ''
  const body =
    met('truncated') === undefined ? whole : whole.slice(0, Math.max(1, Math.floor(whole.length / 2)))
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(body)
}
