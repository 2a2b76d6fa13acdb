import type { Agent } from 'undici'
import { request } from 'undici'
import type { FakeMisp } from './fake-misp.ts'
import type { KeyName } from './types.ts'

export interface Asking {
  readonly key?: KeyName
  readonly method?: 'PUT'
  readonly headers?: Record<string, string>
  readonly dispatcher?: Agent
}

export interface Told {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
}

/** As a client that knows MISP would ask it, but for what `asking` says. */
export async function ask(misp: FakeMisp, path: string, body?: unknown, asking: Asking = {}): Promise<Told> {
  const { key = 'user', method = body === undefined ? 'GET' : 'POST', dispatcher } = asking
  const headers = {
    authorization: misp.keys[key],
    accept: 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...asking.headers,
  }
  const answer = await request(`${misp.url}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(dispatcher === undefined ? {} : { dispatcher }),
  })
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
}

export interface Row {
  readonly id: string
  readonly uuid: string
  readonly value: string
  readonly deleted: boolean
  readonly Tag?: { name: string; inherited?: 1 }[]
  readonly Event: { published?: boolean; info: string }
}

/** The rows of `/attributes/restSearch`. */
export async function search(misp: FakeMisp, filter: unknown, asking?: Asking): Promise<readonly Row[]> {
  const { text } = await ask(misp, '/attributes/restSearch', filter, asking)
  return (JSON.parse(text) as { response: { Attribute: Row[] } }).response.Attribute
}
