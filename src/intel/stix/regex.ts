import { parsePattern } from '../regex/parser.ts'
import { compileProgram, runProgram } from '../regex/program.ts'

const MAX_REGEX_CHARS = 2000

export interface Regex {
  readonly test: (value: string) => boolean
  /** At most so many for each character of a value. */
  readonly steps: number
}

/**
 * MATCHES (§9.6.1): a pattern of PCRE found anywhere in a value, both composed after Unicode NFC. Undefined for what cannot be run
 * in linear time or would be read otherwise than PCRE does (back-references, look-around, properties, characters beyond ASCII in
 * a class or beyond the first plane).
 */
export function createRegex(text: string, ignoreCase: boolean): Regex | undefined {
  const source = text.normalize('NFC')
  // eslint-disable-next-line no-control-regex -- the whole ASCII range is meant
  if (source.length > MAX_REGEX_CHARS || (/[^\x00-\x7f]/.test(source) && /[[\ud800-\udfff]/.test(source)))
    return undefined
  const tree = parsePattern(source, { ignoreCase, dotAll: false })
  const program = tree === undefined ? undefined : compileProgram(tree)
  return program === undefined
    ? undefined
    : { test: (value) => runProgram(program, value.normalize('NFC')), steps: program.length }
}
