import type { IncomingHttpHeaders } from 'node:http'
import type { Run } from '../graphql/executor.ts'
import type { Instance } from '../instance.ts'
import type { User } from '../users.ts'
import { atLeast } from '../version.ts'
import type { Answer } from './answer.ts'
import { htmlError, indexPage, json, tooMany } from './answer.ts'
import type { ActiveFault, Fault } from './faults.ts'
import type { ParsedBody } from './graphql.ts'
import { answerGraphQl } from './graphql.ts'
import { answerTaxii } from '../taxii/taxii.ts'

export interface Handled {
  readonly instance: Instance
  readonly run: Run
  readonly method: string
  /** Without base path and query; undefined outside the base path. */
  readonly path: string | undefined
  /** As it came. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: ParsedBody
  readonly user: User | undefined
  readonly faults: readonly ActiveFault[]
}

/** What the server answers to all but streams. */
export function handle(request: Handled): Answer {
  const fault = faultAnswer(request)
  if (fault !== undefined) return fault
  const { instance, run, method, path } = request
  if (path === '/graphql') {
    return answerGraphQl(instance, run, request)
  }
  if (path === '/taxii2' || path?.startsWith('/taxii2/') === true) {
    return answerTaxii(instance, { ...request, path })
  }
  if (path?.startsWith('/stream/connection/') === true && method === 'POST') return json({ message: 'ok' })
  if (path === '/health') return json({ status: 'unauthorized' }, 401)
  return method === 'GET' ? indexPage() : htmlError(404, `Cannot ${method} ${path ?? ''}`)
}

/** Faults that answer by themselves; streams and TAXII meet them, too. */
export function faultAnswer({
  faults,
  path,
  instance,
}: Pick<Handled, 'faults' | 'path' | 'instance'>): Answer | undefined {
  const met = (name: Fault): ActiveFault | undefined => faults.find(({ fault }) => fault === name)
  if (met('html-200') !== undefined) return indexPage()
  if (met('html-502') !== undefined) return htmlError(502, '502 Bad Gateway')
  if (met('unauthorized') !== undefined) return json({ message: 'Unauthorized' }, 401)
  if (met('forbidden') !== undefined) return json({ message: 'Forbidden' }, 403)
  if (met('gone') !== undefined) return { status: 410, body: '', type: 'text/plain' }
  if (met('internal') !== undefined) return { status: 500, body: '', type: 'text/plain' }
  if (met('unavailable') !== undefined) return htmlError(503, '503 Service Temporarily Unavailable')
  const proxy = met('proxy-rate-limit')
  if (proxy !== undefined) return tooMany(proxy.seconds ?? 1)
  const limited = met('rate-limit')
  // Mounted behind /graphql until 7.260428.
  if (limited !== undefined && (path !== '/graphql' || atLeast(instance.version, '7.260428.0'))) {
    return tooMany(limited.seconds)
  }
  if (met('data-null') !== undefined) {
    const error = {
      message: 'An unknown error has occurred',
      extensions: { code: 'UNKNOWN_ERROR' },
      name: 'UNKNOWN_ERROR',
    }
    return json({ errors: [error], data: null })
  }
  return undefined
}
