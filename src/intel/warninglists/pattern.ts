import { parsePattern } from '../regex/parser.ts'
import { compileProgram, runProgram } from '../regex/program.ts'
import { MAX_TEXT_CHARS } from './exact-set.ts'

/**
 * A pattern of PHP's `preg_match` with its delimiters and flags (`/^(abuse|noc)@/i`), as the lists have them. It runs in time
 * proportional to the length of the value, whoever wrote it: it is no JavaScript pattern, and never goes back.
 */
export interface Pattern {
  /** Whether it is found anywhere in the first `MAX_TEXT_CHARS` of the value. */
  matches(value: string): boolean
  /** Steps for each character at most. */
  readonly steps: number
}

/** PHP allows these four to be closed by their counterpart. */
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '<': '>' }
/**
 * `m`, `u`, `D` change nothing about values, which have one line and no characters beyond ASCII. PHP knows no `g`, but real lists
 * have it (`phone_numbers`).
 */
const FLAGS = /^[imsuDg]*$/

/** Undefined when it is no such pattern, or uses what cannot be run in linear time (back-references, look-around …). */
export function readPattern(text: string): Pattern | undefined {
  const opening = text.charAt(0)
  if (opening === '' || /[\w\s\\]/.test(opening)) return undefined
  const end = text.lastIndexOf(CLOSING[opening] ?? opening)
  if (end < 1) return undefined
  const flags = text.slice(end + 1)
  if (!FLAGS.test(flags)) return undefined
  const tree = parsePattern(text.slice(1, end), {
    ignoreCase: flags.includes('i'),
    dotAll: flags.includes('s'),
  })
  const program = tree === undefined ? undefined : compileProgram(tree)
  return program === undefined
    ? undefined
    : { matches: (value) => runProgram(program, value.slice(0, MAX_TEXT_CHARS)), steps: program.length }
}
