import type { Literal } from './ast.ts'
import type { Token } from './tokens.ts'

/** Reads tokens from left to right. What is not there is undefined or false, and nothing is passed over. */
export interface Cursor {
  word(): string | undefined
  sign(): string | undefined
  number(): string | undefined
  literal(): Literal | undefined
  takeWord(text: string): boolean
  takeSign(text: string): boolean
  readonly atEnd: boolean
}

export function createCursor(tokens: readonly Token[]): Cursor {
  let at = 0

  function takeText(kind: 'word' | 'number' | 'sign', text?: string): string | undefined {
    const token = tokens[at]
    if (token?.kind !== kind || (text !== undefined && token.text !== text)) return undefined
    at += 1
    return token.text
  }

  return {
    word: () => takeText('word'),
    sign: () => takeText('sign'),
    number: () => takeText('number'),
    literal: () => {
      const token = tokens[at]
      if (token?.kind !== 'literal' && token?.kind !== 'number') return undefined
      at += 1
      return token.literal
    },
    takeWord: (text) => takeText('word', text) !== undefined,
    takeSign: (text) => takeText('sign', text) !== undefined,
    get atEnd() {
      return at === tokens.length
    },
  }
}
