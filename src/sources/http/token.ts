import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../../core/secret.ts'

/** RFC 6750, 2.1. */
const BEARER = /^bearer +(\S+) *$/i

/** Says whether an `Authorization` header shows one of the tokens; takes the same time however much of one is right. */
export function createTokenCheck(tokens: readonly Secret[]): (header: string | undefined) => boolean {
  const digests = tokens.map((token) => digestOf(token.reveal()))
  return (header) => {
    const shown = digestOf(BEARER.exec(header ?? '')?.[1] ?? '')
    let right = false
    for (const digest of digests) right = timingSafeEqual(digest, shown) || right
    return right
  }
}

/** Equal lengths, which the comparison needs. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
