import { parse } from 'csv-parse/sync'
import { readLines } from './lines.ts'

/** What a line, or the lines of a row with line breaks in quotes, turned out to be. */
export type CsvRow =
  | { readonly kind: 'row'; readonly line: number; readonly cells: readonly string[] }
  /** A line beginning with `#`, without that sign: abuse.ch writes its header so. */
  | { readonly kind: 'remark'; readonly line: number; readonly text: string }
  | { readonly kind: 'malformed' | 'too_long'; readonly line: number }

/** A quoted field may go on over this many lines. Beyond, the quote is a stray one: only its own line is lost. */
const MAX_ROW_LINES = 32

/**
 * Rows after RFC 4180, read leniently (stray quotes, blanks around cells, rows of any length); blank lines are left
 * out. csv-parse gets rows, not the stream: in a stream one stray quote swallows the rest of the file.
 */
export async function* readRows(
  chunks: AsyncIterable<Buffer>,
  delimiter: string,
): AsyncIterable<readonly CsvRow[]> {
  const open: OpenRow = { delimiter, first: 0, lines: [] }
  for await (const { first, lines } of readLines(chunks)) {
    const found: Unparsed[] = []
    for (let i = 0; i < lines.length; i++) addLine(lines[i], first + i, open, found)
    yield parseRows(found, delimiter)
  }
  const rest: Unparsed[] = []
  while (open.lines.length > 0) giveUpOpenRow(open, rest)
  yield parseRows(rest, delimiter)
}

/** The lines of a row whose quote is not closed yet. */
interface OpenRow {
  readonly delimiter: string
  first: number
  lines: string[]
}

type Unparsed = { readonly kind: 'text'; readonly line: number; readonly text: string } | CsvRow

function addLine(line: string | undefined, lineNumber: number, open: OpenRow, found: Unparsed[]): void {
  if (line === undefined) {
    while (open.lines.length > 0) giveUpOpenRow(open, found)
    found.push({ kind: 'too_long', line: lineNumber })
    return
  }
  if (open.lines.length === 0) return addFirstLine(line, lineNumber, open, found)
  open.lines.push(line)
  if (!isOpenAfter(line, open.delimiter, true)) {
    found.push({ kind: 'text', line: open.first, text: open.lines.join('\n') })
    open.lines = []
  } else if (open.lines.length >= MAX_ROW_LINES) giveUpOpenRow(open, found)
}

function addFirstLine(line: string, lineNumber: number, open: OpenRow, found: Unparsed[]): void {
  const text = line.trimEnd()
  if (text === '') return
  if (text.startsWith('#')) found.push({ kind: 'remark', line: lineNumber, text: text.slice(1).trim() })
  else if (text.includes('"') && isOpenAfter(text, open.delimiter, false)) {
    open.first = lineNumber
    open.lines = [line]
  } else found.push({ kind: 'text', line: lineNumber, text })
}

/** The quote never closed: its line is malformed, the lines after it are read again as their own. */
function giveUpOpenRow(open: OpenRow, found: Unparsed[]): void {
  const { first, lines } = open
  open.lines = []
  found.push({ kind: 'malformed', line: first })
  for (const [index, line] of lines.slice(1).entries()) addLine(line, first + 1 + index, open, found)
}

/**
 * Whether a quoted cell is open after this line, given whether one was before it. Only a quote at the beginning of a
 * cell opens (`5" disk` does not); inside, a quote followed by the end of the cell closes (RFC 4180 §2.5-2.7).
 */
function isOpenAfter(line: string, delimiter: string, openBefore: boolean): boolean {
  let at = 0
  let open = openBefore
  while (at < line.length) {
    if (!open) {
      while (isBlank(line, at) && !line.startsWith(delimiter, at)) at += 1
      if (line.charCodeAt(at) === 34) open = true
      else at = line.indexOf(delimiter, at)
      if (at < 0) return false
      at += open ? 1 : delimiter.length
      continue
    }
    const quote = line.indexOf('"', at)
    if (quote < 0) return true
    at = quote + 1
    if (line.charCodeAt(at) === 34) {
      at += 1
      continue
    }
    while (isBlank(line, at) && !line.startsWith(delimiter, at)) at += 1
    if (at < line.length && !line.startsWith(delimiter, at)) continue
    open = false
    at += delimiter.length
  }
  return open
}

function isBlank(line: string, at: number): boolean {
  const code = line.charCodeAt(at)
  return code === 32 || code === 9 || code === 13
}

function parseRows(found: readonly Unparsed[], delimiter: string): readonly CsvRow[] {
  const quoted = found.flatMap((one) => (one.kind === 'text' && one.text.includes('"') ? [one.text] : []))
  const parsed = parseQuoted(quoted, delimiter)
  let next = 0
  return found.map((one): CsvRow => {
    if (one.kind !== 'text') return one
    if (!one.text.includes('"')) {
      return { kind: 'row', line: one.line, cells: one.text.split(delimiter).map((cell) => cell.trim()) }
    }
    const cells = parsed[next++]
    return cells === undefined
      ? { kind: 'malformed', line: one.line }
      : { kind: 'row', line: one.line, cells }
  })
}

/** One call spares the parser's start for each row; where it does not give a row for each text, they go one by one. */
function parseQuoted(
  texts: readonly string[],
  delimiter: string,
): readonly (readonly string[] | undefined)[] {
  if (texts.length === 0) return []
  const together = parseText(texts.join('\n'), delimiter)
  if (together?.length === texts.length) return together
  return texts.map((text) => {
    const rows = parseText(text, delimiter)
    return rows?.length === 1 ? rows[0] : undefined
  })
}

function parseText(text: string, delimiter: string): readonly (readonly string[])[] | undefined {
  try {
    return parse(text, {
      delimiter,
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      relax_quotes: true,
      trim: true,
    })
  } catch {
    return undefined
  }
}
