import { canonicalIp } from '../../canonical/ip.ts'
import type { Indicator } from '../../core/indicator.ts'
import { readLines } from './lines.ts'
import { BLOCK_SIZE, type Maker } from './maker.ts'

/** One line of a plain list, taken apart: the texts that should be values, and the remark beside them. */
interface PlainLine {
  readonly values: readonly string[]
  readonly comment?: string
}

const MAX_COMMENT_CHARS = 1000
const BLANK: PlainLine = { values: [] }

/** A plain list: a value a line, remarks, hosts-file lines. */
export async function* parsePlain(
  chunks: AsyncIterable<Buffer>,
  maker: Maker,
): AsyncIterable<readonly Indicator[]> {
  let block: Indicator[] = []
  for await (const { first, lines } of readLines(chunks)) {
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i]
      if (line === undefined) maker.tally.skip('too_long', first + i)
      else addLine(line, first + i, maker, block)
      if (block.length < BLOCK_SIZE) continue
      yield block
      block = []
    }
  }
  if (block.length > 0) yield block
}

function addLine(line: string, lineNumber: number, maker: Maker, block: Indicator[]): void {
  const { values, comment } = splitPlainLine(line)
  for (const text of values) {
    for (const value of maker.values(text, maker.entry.indicatorType, lineNumber)) {
      block.push(
        maker.indicator(value, { ref: `${maker.file}:${lineNumber}`, sourceType: value.type, comment }),
      )
    }
  }
}

/**
 * Takes one line apart. Remarks: a line beginning with `#`, `;` or `//`, and what follows a blank and one of these
 * (Spamhaus DROP writes ` ; SBL…`). A hosts-file line gives its names. A line `value<TAB>more` or `value number`
 * (ipsum, DShield) gives its first word unless an address follows, which makes it a range. Other lines of several
 * words are left whole, so that prose in a folder of feeds is told as not understood.
 */
function splitPlainLine(line: string): PlainLine {
  const text = line.trim()
  if (text === '' || isRemark(text, 0)) return BLANK
  const blank = text.search(/[ \t]/)
  if (blank < 0) return { values: [unquoted(text)] }
  const remark = remarkStart(text)
  const body = remark < 0 ? text : text.slice(0, remark).trimEnd()
  const comment =
    remark < 0
      ? undefined
      : text
          .slice(remark)
          .replace(/^[#;/\s]+/, '')
          .slice(0, MAX_COMMENT_CHARS)
  const values = wordsOf(body)
  return comment === undefined || comment === '' ? { values } : { values, comment }
}

function isRemark(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code === 35 || code === 59 || (code === 47 && text.charCodeAt(at + 1) === 47)
}

/** Where a remark after a blank begins, or -1. */
function remarkStart(text: string): number {
  for (let i = 1; i < text.length; i++) {
    const before = text.charCodeAt(i - 1)
    if ((before === 32 || before === 9) && isRemark(text, i)) return i
  }
  return -1
}

/** What hosts files point unwanted names at. */
const SINKS: ReadonlySet<string> = new Set(['0.0.0.0', '127.0.0.1', '127.0.1.1', '::', '::1', 'fe80::1%lo0'])
/** Names every hosts file has for the machine itself. */
const OWN_NAMES = /^(?:localhost|local|broadcasthost|ip6-[a-z]+|localhost\d?\.localdomain\d?|0\.0\.0\.0)$/i

function wordsOf(body: string): readonly string[] {
  const [first = '', second, ...more] = body.split(/[ \t]+/)
  if (second === undefined) return [unquoted(first)]
  if (SINKS.has(first)) return [second, ...more].filter((name) => !OWN_NAMES.test(name))
  const columns = body.includes('\t') || /^\d{1,12}$/.test(second)
  return [columns && canonicalIp(second) === undefined ? unquoted(first) : body]
}

/** `"value",` → `value`: lists are cut out of JSON and of programs. */
function unquoted(word: string): string {
  const bare = word.endsWith(',') ? word.slice(0, -1) : word
  const quote = bare.charCodeAt(0)
  const paired = bare.length > 1 && (quote === 34 || quote === 39 || quote === 96)
  return paired && bare.charCodeAt(bare.length - 1) === quote ? bare.slice(1, -1) : bare
}
