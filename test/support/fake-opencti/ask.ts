import type { Agent } from 'undici'
import { request } from 'undici'
import type { FakeOpenCti } from './fake-opencti.ts'
import type { UserName } from './users.ts'

export interface Asking {
  readonly user?: UserName
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly headers?: Record<string, string>
  readonly dispatcher?: Agent
}

export interface Told {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
}

/** Any request; a body that is no text is sent as JSON. */
export async function ask(
  opencti: FakeOpenCti,
  path: string,
  body?: unknown,
  asking: Asking = {},
): Promise<Told> {
  const { user = 'connector', method = body === undefined ? 'GET' : 'POST', dispatcher } = asking
  const answer = await request(`${opencti.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${opencti.tokens[user]}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...asking.headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(dispatcher === undefined ? {} : { dispatcher }),
  })
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
}

export interface GraphQlError {
  readonly message: string
  readonly name: string
  readonly path?: readonly (string | number)[]
  readonly extensions?: { readonly code: string; readonly data?: Record<string, unknown> }
}

export interface GraphQlAnswer<Data> {
  readonly data?: Data | null
  readonly errors?: readonly GraphQlError[]
}

/** A document and its variables. */
export async function graphql<Data = Record<string, unknown>>(
  opencti: FakeOpenCti,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
  asking?: Asking,
): Promise<GraphQlAnswer<Data>> {
  const { text } = await ask(opencti, '/graphql', { query, variables }, asking)
  return JSON.parse(text) as GraphQlAnswer<Data>
}

/** The code of the first error, as a client has to look for it; undefined when all went well. */
export function codeIn({ errors }: GraphQlAnswer<unknown>): string | undefined {
  return errors?.[0]?.extensions?.code ?? errors?.[0]?.name
}
