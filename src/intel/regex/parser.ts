import { memoize } from '../../core/memo.ts'

/** What a pattern consists of. Groups capture nothing: only whether it matches is asked. */
export type PatternNode =
  | { readonly kind: 'set'; readonly set: CharSet }
  /** One of some UTF-16 units beyond ASCII, which no set tells from the others. */
  | { readonly kind: 'unit'; readonly codes: readonly number[] }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'sequence'; readonly nodes: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly nodes: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly node: PatternNode; readonly min: number; readonly max: number }

export type Assertion = 'start' | 'end' | 'word-border' | 'no-word-border'

/** Which of the 128 ASCII characters are meant, and in the last place whether all others are. */
export type CharSet = Uint8Array

export interface PatternFlags {
  readonly ignoreCase: boolean
  readonly dotAll: boolean
}

interface Reader {
  readonly text: string
  at: number
  depth: number
  readonly flags: PatternFlags
}

const MAX_DEPTH = 50
/** Escapes that mean the same to PCRE and to JavaScript, besides those of punctuation. */
const SHARED_ESCAPE = /\\(?:[dDwWsSnrtf]|x[0-9a-fA-F]{2}|[^\w\s])/y
const CLASS = /\[\^?(?:\\(?:[dDwWsSnrtf]|x[0-9a-fA-F]{2}|[^\w\s])|[^\]\\[])+\]/y
const COUNT = /\{(\d{1,4})(,(\d{1,4})?)?\}/y
/** Plain, without capture, or with a name; look-around, conditions, recursion and flags are not read. */
const GROUP = /\((?:\?:|\?P?<[A-Za-z_]\w*>|(?!\?|\*))/y
const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  '\\A': 'start',
  '\\z': 'end',
  '\\Z': 'end',
  '\\b': 'word-border',
  '\\B': 'no-word-border',
}

/** Undefined when the pattern uses anything that is not known here. */
export function parsePattern(text: string, flags: PatternFlags): PatternNode | undefined {
  const inline = text.startsWith('(?i)')
  const reader: Reader = {
    text: inline ? text.slice(4) : text,
    at: 0,
    depth: 0,
    flags: inline ? { ...flags, ignoreCase: true } : flags,
  }
  const node = readChoice(reader)
  return reader.at === reader.text.length ? node : undefined
}

function readChoice(reader: Reader): PatternNode | undefined {
  const nodes: PatternNode[] = []
  do {
    const node = readSequence(reader)
    if (node === undefined) return undefined
    nodes.push(node)
  } while (take(reader, '|'))
  const [only] = nodes
  return nodes.length === 1 ? only : { kind: 'choice', nodes }
}

function readSequence(reader: Reader): PatternNode | undefined {
  const nodes: PatternNode[] = []
  while (reader.at < reader.text.length && !/[|)]/.test(reader.text.charAt(reader.at))) {
    const node = readRepeated(reader)
    if (node === undefined) return undefined
    nodes.push(node)
  }
  return { kind: 'sequence', nodes }
}

function readRepeated(reader: Reader): PatternNode | undefined {
  let node = readAtom(reader)
  if (node === undefined) return undefined
  const range = readRange(reader)
  if (range !== undefined) {
    if (range.min > range.max || node.kind === 'assert') return undefined
    node = { kind: 'repeat', node, ...range }
    // How much a lazy one takes is not asked; a possessive one (`+`) matches less, and a third sign is an error.
    take(reader, '?')
    if (/[*+?]/.test(reader.text.charAt(reader.at))) return undefined
  }
  return node
}

function readRange(reader: Reader): { readonly min: number; readonly max: number } | undefined {
  if (take(reader, '*')) return { min: 0, max: Infinity }
  if (take(reader, '+')) return { min: 1, max: Infinity }
  if (take(reader, '?')) return { min: 0, max: 1 }
  const count = takeMatch(reader, COUNT)
  if (count === undefined) return undefined
  const min = Number(count[1])
  return { min, max: count[2] === undefined ? min : count[3] === undefined ? Infinity : Number(count[3]) }
}

function readAtom(reader: Reader): PatternNode | undefined {
  if (takeMatch(reader, GROUP) !== undefined) return readGroup(reader)
  const assertion = ASSERTIONS[reader.text.slice(reader.at, reader.at + 2)]
  if (assertion !== undefined) {
    reader.at += 2
    return { kind: 'assert', what: assertion }
  }
  if (take(reader, '^')) return { kind: 'assert', what: 'start' }
  if (take(reader, '$')) return { kind: 'assert', what: 'end' }
  const source = (takeMatch(reader, CLASS) ?? takeMatch(reader, SHARED_ESCAPE))?.[0]
  if (source !== undefined) return setNode(source, reader.flags)
  const char = reader.text.charAt(reader.at)
  if (char === '' || /[\\[(*+?]/.test(char)) return undefined
  reader.at += 1
  const code = char.charCodeAt(0)
  if (code > 127) return { kind: 'unit', codes: unitsOf(char, reader.flags.ignoreCase) }
  return setNode(/[\]{}]/.test(char) ? `\\${char}` : char, reader.flags)
}

/** A character, and where case does not count its other forms that are one unit long, too. */
function unitsOf(char: string, ignoreCase: boolean): readonly number[] {
  const forms = ignoreCase ? [char, char.toLowerCase(), char.toUpperCase()] : [char]
  return forms.filter(({ length }) => length === 1).map((form) => form.charCodeAt(0))
}

function readGroup(reader: Reader): PatternNode | undefined {
  if (reader.depth === MAX_DEPTH) return undefined
  reader.depth += 1
  const node = readChoice(reader)
  reader.depth -= 1
  return take(reader, ')') ? node : undefined
}

/** JavaScript says what a single class, escape or character stands for, one character at a time. */
const charSets = memoize((key) => {
  try {
    const one = new RegExp(`^(?:${key.slice(2)})$`, key.slice(0, 2).trim())
    return Uint8Array.from({ length: 129 }, (_, code) =>
      one.test(code === 128 ? '\u00e9' : String.fromCharCode(code)) ? 1 : 0,
    )
  } catch {
    return undefined
  }
}, 1000)

/** Undefined for a class like `[z-a]`. */
function setNode(source: string, { ignoreCase, dotAll }: PatternFlags): PatternNode | undefined {
  const set = charSets(`${ignoreCase ? 'i' : ' '}${dotAll ? 's' : ' '}${source}`)
  return set === undefined ? undefined : { kind: 'set', set }
}

function take(reader: Reader, char: string): boolean {
  if (reader.text.charAt(reader.at) !== char) return false
  reader.at += 1
  return true
}

/** `expression` is sticky. */
function takeMatch(reader: Reader, expression: RegExp): RegExpExecArray | undefined {
  expression.lastIndex = reader.at
  const found = expression.exec(reader.text)
  if (found === null) return undefined
  reader.at += found[0].length
  return found
}
