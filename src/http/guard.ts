import type { FastifyReply, FastifyRequest } from 'fastify'
import type { StatusConfig } from './config.ts'
import { createTokenCheck } from '../core/listener/token.ts'
import { isLoopback } from '../core/loopback.ts'

/** Probes do not know the token; they are told states, and reasons only where everybody may know them. */
const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

/**
 * Nothing is loaded from elsewhere, no text becomes markup or script (the page inserts text only, which
 * `require-trusted-types-for` makes the browser check), and nobody else may frame the page.
 */
const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const

export interface Guard {
  /** What every answer has. */
  readonly headers: Readonly<Record<string, string>>
  /** Whether the request may see all. */
  allows(request: FastifyRequest): boolean
  /** Answers a request that may not pass; undefined for the others. */
  refuse(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined
}

export function createGuard({ host, token }: Pick<StatusConfig, 'host' | 'token'>): Guard {
  const isRight = token === undefined ? undefined : createTokenCheck({ tokens: [token], basic: true })
  // Without a token only this machine may ask. A web page that has its name resolved to 127.0.0.1 asks from a browser of
  // this machine, and by its own name.
  const isKnownHost = (request: FastifyRequest): boolean =>
    isRight !== undefined || isLoopback(request.hostname) || request.hostname === host
  const allows = (request: FastifyRequest): boolean =>
    isKnownHost(request) && isRight?.(request.headers.authorization) !== false
  return {
    headers: HEADERS,
    allows,
    refuse: (request, reply) => {
      if (PROBES.has(request.routeOptions.url ?? '')) return undefined
      if (!isKnownHost(request))
        return reply
          .code(421)
          .send({ error: 'Ask by the address that Tripline listens on, or set `http.token`' })
      if (!allows(request))
        return reply
          .code(401)
          .header('www-authenticate', 'Basic realm="Tripline", charset="UTF-8"')
          .send({ error: 'The token is missing or wrong (http.token)' })
      if (request.method === 'POST' && isCrossSite(request))
        return reply.code(403).send({ error: 'Asked from a page of another site' })
      return undefined
    },
  }
}

/** A browser sends what it knows for this site with what a page of another one asks. */
function isCrossSite({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  const { origin, host } = headers
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== host
}
