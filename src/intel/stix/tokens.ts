import type { Literal } from './ast.ts'
import { readBase64, readHex, readTime } from './literals.ts'

export type Token =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'sign'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string; readonly literal: Literal }
  | { readonly kind: 'literal'; readonly literal: Literal }

/** Blanks as in the published grammar, and its comments. */
const SKIPPED = /[\s\u0085]+|\/\/[^\n\r]*/y
const WORD = /[A-Za-z_][A-Za-z0-9_-]*/y
/** A whole run of digits: to look behind each zero of a thousand for a point would take a square of steps. */
const NUMBER = /[+-]?(?:\d+(?:\.\d+)?|\.\d+)/y
/** Two numbers, which never follow each other. */
const LEADING_ZERO = /^[+-]?0\d+$/
const SIGN = /==|!=|<>|<=|>=|[[\](),.:=<>*]/y
const QUOTE = 0x27
const BACKSLASH = 0x5c

interface Reader {
  readonly text: string
  at: number
}

/** Undefined at the first character that belongs to no token. Linear in the text's length. */
export function tokenize(text: string): readonly Token[] | undefined {
  const reader: Reader = { text, at: 0 }
  const tokens: Token[] = []
  while (skipBlanks(reader)) {
    const token = readToken(reader)
    if (token === undefined) return undefined
    tokens.push(token)
  }
  return tokens
}

/** True when something follows. */
function skipBlanks(reader: Reader): boolean {
  for (;;) {
    if (reader.text.startsWith('/*', reader.at)) {
      const end = reader.text.indexOf('*/', reader.at + 2)
      // A comment without an end: its first sign is no token.
      if (end < 0) return true
      reader.at = end + 2
    } else if (take(reader, SKIPPED) === undefined) return reader.at < reader.text.length
  }
}

function readToken(reader: Reader): Token | undefined {
  if (reader.text.charCodeAt(reader.at) === QUOTE) return readText(reader)
  const typed = readTyped(reader)
  if (typed !== undefined) return typed === 'broken' ? undefined : typed
  const word = take(reader, WORD)
  if (word !== undefined) return { kind: 'word', text: word }
  const number = take(reader, NUMBER)
  if (number !== undefined && LEADING_ZERO.test(number)) return undefined
  if (number !== undefined)
    return { kind: 'number', text: number, literal: { kind: 'number', value: Number(number) } }
  const sign = take(reader, SIGN)
  return sign === undefined ? undefined : { kind: 'sign', text: sign }
}

/** `\'` and `\\` are the only escapes (§9.3.1). */
function readText(reader: Reader): Token | undefined {
  const { text } = reader
  let from = reader.at + 1
  let value = ''
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      reader.at = at + 1
      return { kind: 'literal', literal: { kind: 'text', value: value + text.slice(from, at) } }
    }
    if (code !== BACKSLASH) continue
    const next = text.charCodeAt(at + 1)
    if (next !== QUOTE && next !== BACKSLASH) return undefined
    value += text.slice(from, at)
    from = at + 1
    at += 1
  }
  return undefined
}

/** `h'…'`, `b'…'`, `t'…'`; undefined when it is none of them, `broken` when it is one with something else in it. */
function readTyped(reader: Reader): Token | 'broken' | undefined {
  const { text, at } = reader
  const letter = text.charAt(at)
  if (text.charCodeAt(at + 1) !== QUOTE || !/[hbt]/.test(letter)) return undefined
  const end = text.indexOf("'", at + 2)
  if (end < 0) return 'broken'
  reader.at = end + 1
  const inner = text.slice(at + 2, end)
  const value = letter === 'h' ? readHex(inner) : letter === 'b' ? readBase64(inner) : readTime(inner)
  if (value === undefined) return 'broken'
  return { kind: 'literal', literal: { kind: letter === 't' ? 'time' : 'binary', value } }
}

/** `expression` is sticky. */
function take(reader: Reader, expression: RegExp): string | undefined {
  expression.lastIndex = reader.at
  const found = expression.exec(reader.text)?.[0]
  if (found !== undefined) reader.at += found.length
  return found
}
