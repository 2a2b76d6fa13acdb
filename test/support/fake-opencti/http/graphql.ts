import type { IncomingHttpHeaders } from 'node:http'
import type { GraphQLError } from 'graphql'
import type { Context } from '../graphql/context.ts'
import { failure, formatError } from '../graphql/errors.ts'
import type { Operation, Run } from '../graphql/executor.ts'
import type { Instance } from '../instance.ts'
import type { User } from '../users.ts'
import { atLeast } from '../version.ts'
import type { Answer } from './answer.ts'
import { htmlError, json } from './answer.ts'
import type { ActiveFault } from './faults.ts'

export interface GraphQlRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly body: ParsedBody
  readonly user: User | undefined
  readonly faults: readonly ActiveFault[]
}

export type ParsedBody = { readonly value: unknown } | { readonly broken: true }

/** A body that is not said to be JSON does not count. */
export function parseBody(bytes: Buffer, headers: IncomingHttpHeaders): ParsedBody {
  if (headers['content-type']?.includes('json') !== true || bytes.length === 0) return { value: undefined }
  try {
    return { value: JSON.parse(bytes.toString()) as unknown }
  } catch {
    return { broken: true }
  }
}

export function operationIn(body: ParsedBody): Partial<Operation> {
  if (!('value' in body) || typeof body.value !== 'object' || body.value === null) return {}
  return Array.isArray(body.value) ? {} : body.value
}

/** `POST /graphql`. Nearly every error is a 200. */
export function answerGraphQl(instance: Instance, run: Run, request: GraphQlRequest): Answer {
  const { version } = instance
  if (request.method !== 'POST' && atLeast(version, '7.260722.0')) {
    const message = 'Method Not Allowed. Use POST for GraphQL requests.'
    return json({ name: 'MethodNotAllowedError', message }, 405)
  }
  if ('broken' in request.body) return htmlError(400, 'SyntaxError: Unexpected token in JSON')
  if (Array.isArray(request.body.value)) return badRequest('Operation batching disabled.')
  const operation = operationIn(request.body)
  const { query } = operation
  if (typeof query !== 'string') {
    return badRequest('POST body missing, invalid Content-Type, or JSON object has no keys.')
  }
  if (draftLocked(request))
    return refused([failure('DRAFT_LOCKED')], 'DRAFT_LOCKED', { version, status: 500 })
  const faults = request.faults.filter(({ fault }) => fault === 'graphql-error')
  const context: Context = {
    instance,
    user: request.user,
    faultAt: (field) => faults.find((each) => each.field === undefined || each.field === field)?.code,
  }
  const result = run({ ...operation, query }, context)
  if ('fallback' in result) return refused(result.errors, result.fallback, { version, status: 200 })
  const errors = (result.errors ?? []).map((error) => formatError(error, codeOf(error), version))
  return json({
    ...(errors.length === 0 ? {} : { errors }),
    ...('data' in result ? { data: result.data } : {}),
  })
}

/** Wrong variables are found at execution, and have no place in the data. */
function codeOf({ path }: GraphQLError): string {
  return path === undefined ? 'BAD_USER_INPUT' : 'INTERNAL_SERVER_ERROR'
}

interface Refusal {
  readonly version: string
  readonly status: number
}

function refused(errors: readonly GraphQLError[], fallback: string, { version, status }: Refusal): Answer {
  return json({ errors: errors.map((error) => formatError(error, fallback, version)) }, status)
}

function badRequest(message: string): Answer {
  return json({ errors: [{ message, extensions: { code: 'BAD_REQUEST' }, name: 'BAD_REQUEST' }] }, 400)
}

/** A draft that is gone, the user's or that of the header; an empty header means none. From 6.4. */
function draftLocked({ user, headers }: GraphQlRequest): boolean {
  const named = headers['opencti-draft-id']
  return named === undefined ? user?.staleDraft === true : named !== ''
}
