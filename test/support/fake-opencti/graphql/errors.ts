import { GraphQLError } from 'graphql'
import type { GraphQLFormattedError } from 'graphql'
import { atLeast } from '../version.ts'

interface Kind {
  readonly message: string
  readonly status: number
  readonly genre: 'TECHNICAL' | 'BUSINESS'
}

const technical = (status: number, message: string): Kind => ({ message, status, genre: 'TECHNICAL' })
const business = (status: number, message: string): Kind => ({ message, status, genre: 'BUSINESS' })

/** The platform's own errors, with the words of 6.7.11. */
const KINDS = {
  AUTH_REQUIRED: technical(401, 'You must be logged in to do this.'),
  FORBIDDEN_ACCESS: technical(403, 'You are not allowed to do this.'),
  UNSUPPORTED_ERROR: business(500, 'Unsupported operation'),
  FUNCTIONAL_ERROR: business(400, 'Business validation'),
  MISSING_REFERENCE_ERROR: business(404, 'Element(s) not found'),
  VALIDATION_ERROR: business(500, 'Validation error'),
  LOCK_ERROR: business(500, 'Execution timeout, too many concurrent call on the same entities'),
  DATABASE_ERROR: technical(500, 'A database error has occurred'),
  COMPLEX_SEARCH_ERROR: technical(500, 'A search error has occurred'),
  ALREADY_DELETED_ERROR: business(404, 'Already deleted elements'),
  RESOURCE_NOT_FOUND: business(404, 'Resource not found'),
  UNKNOWN_ERROR: technical(500, 'An unknown error has occurred'),
  DRAFT_LOCKED: business(400, 'Could not find draft workspace'),
} as const satisfies Readonly<Record<string, Kind>>
export type ErrorCode = keyof typeof KINDS

export interface ErrorDetail {
  readonly message?: string
  readonly data?: Readonly<Record<string, unknown>>
}

/** An error to throw while a field is resolved. */
export function failure(code: ErrorCode, { message, data }: ErrorDetail = {}): GraphQLError {
  const kind = KINDS[code]
  return new GraphQLError(message ?? kind.message, {
    extensions: { code, data: { http_status: kind.status, genre: kind.genre, ...data } },
  })
}

/** An error as the release writes it: from 6.2.14 with extensions, before as apollo-errors did. */
export function formatError(error: GraphQLError, fallback: string, version: string): unknown {
  const { message, locations, path, extensions }: GraphQLFormattedError = error.toJSON()
  const code = typeof extensions?.['code'] === 'string' ? extensions['code'] : fallback
  const data = extensions?.['data']
  if (!atLeast(version, '6.2.14')) {
    return {
      message,
      name: code,
      time_thrown: new Date().toISOString(),
      ...(data === undefined ? {} : { data }),
    }
  }
  return {
    message,
    ...(locations === undefined ? {} : { locations }),
    ...(path === undefined ? {} : { path }),
    extensions: { code, ...(data === undefined ? {} : { data }) },
    name: code,
  }
}
