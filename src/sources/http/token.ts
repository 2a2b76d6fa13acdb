import { createHash, timingSafeEqual } from 'node:crypto'
import { AppError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'

/** RFC 6750, 2.1. */
const BEARER = /^bearer +(\S+) *$/i

/** What such a header can show. */
const SHOWABLE = /^[\x21-\x7e]+$/

/** Throws CONFIG_INVALID, naming the setting, for a token that nobody could show. */
export function checkShowable(setting: string, token: Secret): void {
  if (SHOWABLE.test(token.reveal())) return
  const hint = 'Make one: openssl rand -hex 32'
  throw new AppError('CONFIG_INVALID', `${setting}: only visible ASCII characters, without blanks`, { hint })
}

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
