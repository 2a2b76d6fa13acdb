import { isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Document, ErrorCode, Pair } from 'yaml'
import type { Place, Problem } from './problem.ts'
import { isSecretKey, redactLine, redactWhole } from './redact.ts'
import { isTree, withoutEmpty, type Path, type Tree } from './tree.ts'
import { tooDeepAt } from './yaml-depth.ts'

/** Hand-written files use a few anchors; a «billion laughs» needs many (the yaml package counts expansions). */
const MAX_ALIASES = 100

export interface YamlFile {
  readonly file: string
  /** The settings as written; empty when the file is. Keys without a value are absent. */
  readonly tree: Tree
  readonly problems: readonly Problem[]
  /** Where the key (or the list item) at this path stands; of its nearest parent when it is not written. */
  keyPlace(path: Path): Place | undefined
  /** Where the value at this path begins; as `keyPlace` when it is not written. */
  valuePlace(path: Path): Place | undefined
}

interface Source {
  readonly file: string
  readonly lines: readonly string[]
  readonly secretLines: ReadonlySet<number>
  readonly counter: LineCounter
}

interface Found {
  readonly key: Range
  readonly value: Range
}
type Range = readonly [start: number, end: number]

/** Reads YAML 1.2 (core schema: no merge keys, no own tags). Never throws: what is wrong is in `problems`. */
export function parseYamlFile(file: string, text: string): YamlFile {
  const deep = tooDeepAt(text)
  if (deep !== undefined) return deepFile(file, text, deep)
  const counter = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: counter,
    prettyErrors: false,
    strict: true,
    stringKeys: true,
    uniqueKeys: true,
  })
  const lines = text.split(/\r\n|\n|\r/)
  const source = { file, lines, counter, secretLines: secretLines(lines, document, counter) }
  const problems = syntaxProblems(document, source)
  const { tree, problem } = problems.length > 0 ? { tree: {} } : treeOf(document, source)
  return {
    file,
    tree,
    problems: problem === undefined ? problems : [...problems, problem],
    keyPlace: (path) => place(source, find(document, path)?.key),
    valuePlace: (path) => place(source, find(document, path)?.value),
  }
}

function deepFile(file: string, text: string, offset: number): YamlFile {
  const line = text.slice(0, offset).split('\n').length
  const message = `${file}:${line}: this is nested too deeply`
  return { file, tree: {}, problems: [{ message }], keyPlace: () => undefined, valuePlace: () => undefined }
}

interface ReadTree {
  readonly tree: Tree
  readonly problem?: Problem
}

function treeOf(document: Document, source: Source): ReadTree {
  const top = place(source, rangeOf(document.contents))
  const problem = (message: string): ReadTree => ({
    tree: {},
    problem: top === undefined ? { message: `${source.file}: ${message}` } : { message, place: top },
  })
  try {
    const tree = withoutEmpty(document.toJS({ maxAliasCount: MAX_ALIASES }))
    if (tree === null) return { tree: {} }
    return isTree(tree) ? { tree } : problem('the file must be a mapping of settings (`key: value` lines)')
  } catch {
    // toJS throws for aliases only: unknown, to themselves, or too many.
    return problem('an alias (`*name`) has no anchor before it, or aliases multiply beyond reason')
  }
}

/** Sentences of our own, since the parser's repeat parts of the text, which may be a secret. */
const SYNTAX: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_ALIAS: 'this alias is not valid YAML',
  BAD_DIRECTIVE: 'this directive (a line that begins with %) is not known',
  BAD_DQ_ESCAPE: 'this escape is not valid in double quotes; use single quotes to have a backslash',
  BAD_INDENT: 'the indentation is wrong, or a bracket is not closed',
  BAD_SCALAR_START: 'a text that begins with this character must be in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'two keys on one line; a text with a colon and a space in it must be in quotes',
  BLOCK_IN_FLOW: 'an indented block cannot stand inside brackets',
  DUPLICATE_KEY: 'this key is given twice',
  MISSING_CHAR: 'a quote, comma, colon or bracket is missing here or just before',
  MULTILINE_IMPLICIT_KEY: 'a colon and a space are missing after the key',
  MULTIPLE_DOCS: 'the file must be one document: no second `---`',
  NON_STRING_KEY: 'keys must be texts',
  TAB_AS_INDENT: 'a tab cannot indent; use spaces',
  TAG_RESOLVE_FAILED: 'tags (`!name`) are not known here; a text that begins with ! must be in quotes',
}

function syntaxProblems(document: Document, source: Source): Problem[] {
  const reported = new Set<number>()
  return [...document.errors, ...document.warnings].flatMap((error): Problem[] => {
    const at = place(source, error.pos)
    // One slip gives a train of errors; the first on a line is the one to look at.
    if (at === undefined || reported.has(at.line)) return []
    reported.add(at.line)
    return [{ message: SYNTAX[error.code] ?? 'this is not valid YAML', place: at }]
  })
}

function find(document: Document, path: Path): Found | undefined {
  const top = rangeOf(document.contents)
  let found: Found | undefined = top === undefined ? undefined : { key: top, value: top }
  let node: unknown = document.contents
  for (const key of path) {
    const next = step(isAlias(node) ? node.resolve(document) : node, key)
    if (next === undefined) return found === undefined ? undefined : { key: found.key, value: found.key }
    const value = rangeOf(next.value)
    const range = rangeOf(next.key) ?? value
    if (range !== undefined) found = { key: range, value: value ?? range }
    node = next.value
  }
  return found
}

function step(node: unknown, key: string | number): { key: unknown; value: unknown } | undefined {
  if (isSeq(node) && typeof key === 'number') {
    return key < node.items.length ? { key: undefined, value: node.items[key] } : undefined
  }
  if (!isMap(node)) return undefined
  return node.items.find((pair) => keyText(pair) === String(key))
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : ''
}

function rangeOf(node: unknown): Range | undefined {
  return isNode(node) && node.range ? [node.range[0], node.range[1]] : undefined
}

function place(source: Source, range: Range | undefined): Place | undefined {
  if (range === undefined) return undefined
  const { line, col } = source.counter.linePos(range[0])
  // An empty text has no line at all.
  if (line === 0) return undefined
  return {
    file: source.file,
    line,
    column: col,
    length: Math.max(1, range[1] - range[0]),
    source: (source.secretLines.has(line - 1) ? redactWhole : redactLine)(source.lines[line - 1] ?? ''),
  }
}

/** Indexes of the lines that are part of a secret, besides the line of its key, which `redact` masks. */
function secretLines(
  lines: readonly string[],
  document: Document,
  counter: LineCounter,
): ReadonlySet<number> {
  const secret = new Set(deeperLines(lines))
  for (const pair of secretPairs(document.contents)) {
    const key = rangeOf(pair.key)
    const value = rangeOf(pair.value)
    if (key === undefined || value === undefined) continue
    const first = counter.linePos(key[0]).line
    const last = counter.linePos(Math.max(value[0], value[1] - 1)).line
    for (let line = first; line < last; line++) secret.add(line)
  }
  return secret
}

/** In a file that is no valid YAML: the lines under a secret key that are indented deeper than it. Indexes from 0. */
function deeperLines(lines: readonly string[]): number[] {
  let secretIndent: number | undefined
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return []
    const indent = line.search(/\S/)
    if (secretIndent !== undefined && indent > secretIndent) return [index]
    const key = /^\s*(?:- +)*["']?([\w.-]+)["']?\s*:/.exec(line)?.[1]
    secretIndent = key !== undefined && isSecretKey(key) ? indent : undefined
    return []
  })
}

function secretPairs(top: unknown): readonly Pair[] {
  const pending: unknown[] = [top]
  const secrets: Pair[] = []
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    if (isPair(item)) {
      if (isSecretKey(keyText(item))) secrets.push(item)
      else if (item.value !== null) pending.push(item.value)
    } else if (isMap(item) || isSeq(item)) {
      for (const child of item.items) pending.push(child)
    }
  }
  return secrets
}
