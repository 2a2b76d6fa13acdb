import { createHash, timingSafeEqual } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { Secret } from '../secret.ts'

/** RFC 6750, 2.1, and RFC 7617, 2. */
const BEARER = /^bearer +(\S+) *$/i
const BASIC = /^basic +([A-Za-z0-9+/]+=*) *$/i

/** What such a header can show. */
const SHOWABLE = /^[\x21-\x7e]+$/

/** Throws CONFIG_INVALID, naming the setting, for a token that nobody could show. */
export function checkShowable(setting: string, token: Secret): void {
  if (SHOWABLE.test(token.reveal())) return
  const hint = 'Make one: openssl rand -hex 32'
  throw new AppError('CONFIG_INVALID', `${setting}: only visible ASCII characters, without blanks`, { hint })
}

export interface TokenOptions {
  readonly tokens: readonly Secret[]
  /** Also as the password that a browser asked for, with any user name. */
  readonly basic?: boolean
}

/** Says whether an `Authorization` header shows one of the tokens; takes the same time however much of one is right. */
export function createTokenCheck({
  tokens,
  basic = false,
}: TokenOptions): (header: string | undefined) => boolean {
  const digests = tokens.map((token) => digestOf(token.reveal()))
  return (header = '') => {
    const shown = digestOf(bearerIn(header) ?? (basic ? passwordIn(header) : undefined) ?? '')
    let right = false
    for (const digest of digests) right = timingSafeEqual(digest, shown) || right
    return right
  }
}

function bearerIn(header: string): string | undefined {
  return BEARER.exec(header)?.[1]
}

function passwordIn(header: string): string | undefined {
  const encoded = BASIC.exec(header)?.[1]
  if (encoded === undefined) return undefined
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1)
}

/** Equal lengths, which the comparison needs. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
