import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../core/secret.ts'

/** RFC 6750, 2.1, and RFC 7617, 2. */
const BEARER = /^bearer +(\S+) *$/i
const BASIC = /^basic +([A-Za-z0-9+/]+=*) *$/i

/**
 * Says whether an `Authorization` header shows the token: as bearer token, or as the password that a browser asked for. Takes the
 * same time however much of it is right.
 */
export function createTokenCheck(token: Secret): (header: string | undefined) => boolean {
  const wanted = digestOf(token.reveal())
  return (header = '') => timingSafeEqual(wanted, digestOf(shownIn(header)))
}

function shownIn(header: string): string {
  const basic = BASIC.exec(header)?.[1]
  if (basic === undefined) return BEARER.exec(header)?.[1] ?? ''
  const pair = Buffer.from(basic, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1)
}

/** Equal lengths, which the comparison needs. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
