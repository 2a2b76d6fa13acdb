import type { ErrorCode } from '../graphql/errors.ts'

/**
 * Ways for the server to fail.
 * - html-200: the web interface, as a wrong base path or a proxy's login page gives
 * - html-502: a proxy's error page
 * - unauthorized, forbidden: 401 and 403 with JSON, as a proxy or later releases
 * - gone: 410; internal: 500; unavailable: 503
 * - rate-limit: 429 of the platform itself, where the release has its limiter; with `Retry-After` when `seconds` is given
 * - proxy-rate-limit: 429 of a proxy before it, everywhere
 * - graphql-error: the fields `field` (all when absent) fail with `code`; others keep their data
 * - data-null: an error and `data: null`
 * - empty-body: 200 with nothing
 * - truncated: half of the body, with the length of that half
 * - slow-first-byte: the answer after `ms`
 * - hang: never any answer
 * - reset: the socket is destroyed before anything is done
 * - lost-reply: it is done, then the socket is destroyed
 */
export const FAULTS = [
  'html-200',
  'html-502',
  'unauthorized',
  'forbidden',
  'gone',
  'internal',
  'unavailable',
  'rate-limit',
  'proxy-rate-limit',
  'graphql-error',
  'data-null',
  'empty-body',
  'truncated',
  'slow-first-byte',
  'hang',
  'reset',
  'lost-reply',
] as const
export type Fault = (typeof FAULTS)[number]

export interface FaultOptions {
  /** For so many requests; for all when absent. */
  readonly times?: number
  /** Only requests whose path matches. */
  readonly path?: RegExp
  /** Only requests whose document matches: names of operations and fields are in it. */
  readonly query?: RegExp
  readonly ms?: number
  readonly seconds?: number
  readonly code?: ErrorCode
  /** Of Query or Mutation. */
  readonly field?: string
}

export interface ActiveFault extends FaultOptions {
  readonly fault: Fault
  left: number
}

export interface Faults {
  /** Replaces all others; undefined ends them. */
  readonly set: (fault: Fault | undefined, options?: FaultOptions) => void
  /** Beside those that are there. */
  readonly add: (fault: Fault, options?: FaultOptions) => void
  /** Those that this request meets; each counts down. */
  take(path: string, query: string): readonly ActiveFault[]
}

export function createFaults(): Faults {
  let active: ActiveFault[] = []
  const add = (fault: Fault, options: FaultOptions = {}): void => {
    active.push({ ...options, fault, left: options.times ?? Infinity })
  }
  return {
    add,
    set: (fault, options) => {
      active = []
      if (fault !== undefined) add(fault, options)
    },
    take: (path, query) => {
      const met = active.filter(
        (each) => each.left > 0 && each.path?.test(path) !== false && each.query?.test(query) !== false,
      )
      for (const each of met) each.left -= 1
      active = active.filter(({ left }) => left > 0)
      return met
    },
  }
}
