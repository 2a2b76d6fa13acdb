import type { IndicatorHint } from '../../canonical/indicator-value.ts'

/** One comparison of a pattern, each of which alone makes the pattern true. */
export interface PatternPart {
  /** Object path in lower case without quotes: `file:hashes.sha-256`. */
  readonly path: string
  readonly values: readonly string[]
}

/** STIX object paths whose value is something Tripline looks for. `hostname` is an OpenCTI object. */
const PATHS: ReadonlyMap<string, IndicatorHint> = new Map<string, IndicatorHint>([
  ['ipv4-addr:value', 'ipv4'],
  ['ipv6-addr:value', 'ipv6'],
  ['domain-name:value', 'domain'],
  ['hostname:value', 'domain'],
  ['url:value', 'url'],
  ['email-addr:value', 'email'],
  ['email-message:from_ref.value', 'email'],
  ['email-message:sender_ref.value', 'email'],
  ['network-traffic:dst_ref.value', 'auto'],
  ['network-traffic:src_ref.value', 'auto'],
  ...hashPaths('file'),
  ...hashPaths('artifact'),
])

/** STIX writes `SHA-256`; OpenCTI's connectors also write `sha256` and the like. */
function hashPaths(object: string): readonly (readonly [string, IndicatorHint])[] {
  return (['md5', 'sha1', 'sha256', 'sha512'] as const).flatMap((hint) => [
    [`${object}:hashes.${hint}`, hint],
    [`${object}:hashes.${hint.replace('sha', 'sha-')}`, hint],
  ])
}

/** What the values of an object path are; undefined when Tripline does not look for them. */
export function hintOfPath(path: string): IndicatorHint | undefined {
  return PATHS.get(path)
}

/** ISSUBSET compares networks (§9.6.1): it means nothing on other objects. */
const NETWORKS = /^(?:ipv[46]-addr|network-traffic):/

/** The longest pattern in OpenCTI's own tests has 700 characters; lists of hundreds of values are seen in feeds. */
const MAX_PATTERN_CHARS = 256 * 1024
const MAX_DEPTH = 16

/**
 * STIX 2.1 part 9, the part of it that means «any of these values»: `=`, `IN` and `ISSUBSET` joined by OR, inside one
 * observation and between observations. Undefined for everything else (AND, NOT, FOLLOWEDBY, qualifiers, LIKE,
 * MATCHES, other literals than text) and for what is no pattern. Linear in the text's length.
 */
export function parseOrPattern(pattern: string): readonly PatternPart[] | undefined {
  if (pattern.length > MAX_PATTERN_CHARS) return undefined
  const tokens = tokenize(pattern)
  if (tokens === undefined) return undefined
  const state: State = { tokens, position: 0, parts: [] }
  return readAlternatives(state, 'observation', 0) && state.position === tokens.length
    ? state.parts
    : undefined
}

interface Token {
  readonly kind: 'word' | 'text' | 'sign'
  readonly text: string
}

interface State {
  readonly tokens: readonly Token[]
  position: number
  readonly parts: PatternPart[]
}

const TOKEN = /\s+|'((?:[^'\\]|\\['\\])*)'|([A-Za-z_][A-Za-z0-9_-]*)|([[\](),.:=])/y

/** Undefined at the first character that belongs to no token of the subset. */
function tokenize(pattern: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  const scanner = new RegExp(TOKEN)
  while (scanner.lastIndex < pattern.length) {
    const match = scanner.exec(pattern)
    if (match === null) return undefined
    const [, text, word, sign] = match
    if (text !== undefined) tokens.push({ kind: 'text', text: text.replaceAll(/\\(['\\])/g, '$1') })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign })
  }
  return tokens
}

/** `x OR x OR …`, where x is an observation `[…]`, a comparison, or alternatives in parentheses. */
function readAlternatives(state: State, level: 'observation' | 'comparison', depth: number): boolean {
  if (depth > MAX_DEPTH) return false
  do {
    const read = takeSign(state, '(')
      ? readAlternatives(state, level, depth + 1) && takeSign(state, ')')
      : level === 'comparison'
        ? readComparison(state)
        : takeSign(state, '[') && readAlternatives(state, 'comparison', depth + 1) && takeSign(state, ']')
    if (!read) return false
  } while (takeWord(state, 'OR'))
  return true
}

function readComparison(state: State): boolean {
  const path = readPath(state)
  if (path === undefined) return false
  if (takeSign(state, '=') || (NETWORKS.test(path) && takeWord(state, 'ISSUBSET'))) {
    const value = takeText(state)
    if (value === undefined) return false
    state.parts.push({ path, values: [value] })
    return true
  }
  if (!takeWord(state, 'IN') || !takeSign(state, '(')) return false
  const values: string[] = []
  do {
    const value = takeText(state)
    if (value === undefined) return false
    values.push(value)
  } while (takeSign(state, ','))
  state.parts.push({ path, values })
  return takeSign(state, ')')
}

/** `file:hashes.'SHA-256'`: steps by name only, no list indexes. */
function readPath(state: State): string | undefined {
  const object = take(state, 'word')
  if (object === undefined || !takeSign(state, ':')) return undefined
  const steps: string[] = []
  do {
    const step = take(state, 'word') ?? takeText(state)
    if (step === undefined) return undefined
    steps.push(step)
  } while (takeSign(state, '.'))
  return `${object}:${steps.join('.')}`.toLowerCase()
}

function take(state: State, kind: Token['kind'], text?: string): string | undefined {
  const token = state.tokens[state.position]
  if (token?.kind !== kind || (text !== undefined && token.text !== text)) return undefined
  state.position += 1
  return token.text
}

function takeText(state: State): string | undefined {
  return take(state, 'text')
}

function takeSign(state: State, sign: string): boolean {
  return take(state, 'sign', sign) !== undefined
}

function takeWord(state: State, word: string): boolean {
  return take(state, 'word', word) !== undefined
}
