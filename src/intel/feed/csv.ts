import type { IndicatorHint } from '../../canonical/indicator-value.ts'
import { AppError } from '../../core/errors.ts'
import type { Indicator } from '../../core/indicator.ts'
import type { FeedEntry } from './config.ts'
import {
  layoutOfHeader,
  layoutOfRows,
  looksLikeData,
  type CsvLayout,
  type DetailName,
} from './csv-columns.ts'
import { readRows, type CsvRow } from './csv-rows.ts'
import { halvesOfTypeWord } from './csv-types.ts'
import { parseDate } from './dates.ts'
import { BLOCK_SIZE, type EntryDetails, type Maker } from './maker.ts'
import { tlpOf, tlpOfTags } from './tlp.ts'

const MAX_TEXT_CHARS = 1000
const MAX_TAGS = 100
/** So many rows are looked at for the column of values when there is no header. */
const ROWS_TO_JUDGE = 20

/**
 * CSV with a header line (also one that begins with `#`), or without one. Throws FEED_MALFORMED when it cannot be said
 * which column holds the values.
 */
export async function* parseCsv(
  chunks: AsyncIterable<Buffer>,
  maker: Maker,
  delimiter: string,
): AsyncIterable<readonly Indicator[]> {
  let layout: CsvLayout | undefined
  let remark: readonly string[] | undefined
  let block: Indicator[] = []
  for await (const rows of readRows(chunks, delimiter)) {
    for (const [index, row] of rows.entries()) {
      if (row.kind === 'remark') {
        remark = layout === undefined ? headerInRemark(row.text, delimiter, maker.entry, remark) : remark
      } else if (row.kind !== 'row') maker.tally.skip(row.kind, row.line)
      else if (layout === undefined) {
        const start = startOf(row.cells, rows.slice(index), remark, maker)
        layout = start.layout
        if (!start.isHeader) addRow(row.cells, row.line, { layout, maker, block })
      } else addRow(row.cells, row.line, { layout, maker, block })
      if (block.length < BLOCK_SIZE) continue
      yield block
      block = []
    }
  }
  if (block.length > 0) yield block
}

/** The separator to use: where only the default is set and the header line has none of it, what it has instead. */
export function delimiterFor(firstLine: string, path: string, entry: FeedEntry): string {
  if (entry.delimiter !== ',') return entry.delimiter
  if (/\.tsv(?:\.gz)?$/i.test(path)) return '\t'
  if (firstLine.includes(',')) return ','
  return ['\t', ';', '|'].find((sign) => firstLine.includes(sign)) ?? ','
}

/** The last remark that is a header line counts. */
function headerInRemark(
  text: string,
  delimiter: string,
  entry: FeedEntry,
  before: readonly string[] | undefined,
): readonly string[] | undefined {
  const cells = text.split(delimiter).map((cell) => cell.trim().replaceAll(/^"|"$/g, ''))
  if (cells.length < 2) return before
  try {
    return layoutOfHeader(cells, entry) === undefined ? before : cells
  } catch {
    return before
  }
}

interface CsvStart {
  readonly layout: CsvLayout
  /** Whether the first row is the header. */
  readonly isHeader: boolean
}

function startOf(
  cells: readonly string[],
  rows: readonly CsvRow[],
  remark: readonly string[] | undefined,
  { entry, tally }: Maker,
): CsvStart {
  const stated = remark === undefined ? undefined : layoutOfHeader(remark, entry)
  if (stated !== undefined) return { layout: stated, isHeader: false }
  const layout = looksLikeData(cells) ? undefined : layoutOfHeader(cells, entry)
  if (layout !== undefined) return { layout, isHeader: true }
  const judged = rows.slice(0, ROWS_TO_JUDGE).flatMap((row) => (row.kind === 'row' ? [row.cells] : []))
  const guessed = entry.columns.value === undefined ? layoutOfRows(judged, entry) : undefined
  if (guessed !== undefined) return { layout: guessed, isHeader: false }
  tally.foreign()
  throw new AppError('FEED_MALFORMED', 'No column of the CSV holds values', {
    hint: 'Name it in the feed’s setting columns.value.',
  })
}

interface RowPlace {
  readonly layout: CsvLayout
  readonly maker: Maker
  readonly block: Indicator[]
}

function addRow(cells: readonly string[], line: number, { layout, maker, block }: RowPlace): void {
  const host = layout.hosts.find(({ index }) => (cells[index] ?? '') !== '')
  const columns = host === undefined ? layout.others : [host, ...layout.others]
  const given = columns.filter(({ index }) => (cells[index] ?? '') !== '')
  if (given.length === 0) return maker.tally.skip('malformed', line)
  const word = cellOf('type', cells, layout) ?? ''
  const typed = given.length === 1 ? halvesOfTypeWord(word) : undefined
  if (typed === 'unsupported') return maker.tally.skip('unsupported_type', line)
  const details = detailsOf(cells, line, layout, maker)
  for (const { index, hint } of given) {
    const text = cells[index] ?? ''
    const composite = typed !== undefined && typed.length > 1
    const halves = composite ? text.split('|') : [text]
    for (const [half, halfHint] of (typed ?? [hint]).entries()) {
      if (halfHint === null) continue
      for (const value of maker.values(halves[half] ?? text, narrower(hint, halfHint), line)) {
        details.sourceType = word === '' ? value.type : word.slice(0, 100)
        details.composite = composite ? text : undefined
        block.push(maker.indicator(value, details))
      }
    }
  }
}

/** What the configuration or the column's name says is not overruled by a vague word in the row. */
function narrower(column: IndicatorHint, row: IndicatorHint): IndicatorHint {
  return column === 'auto' ? row : column
}

function cellOf(name: DetailName, cells: readonly string[], layout: CsvLayout): string | undefined {
  const index = layout.details[name]
  const cell = index === undefined ? undefined : cells[index]
  return cell === undefined || cell === '' || cell === 'None' || cell === 'null' ? undefined : cell
}

/** The two that differ between the values of one row are set before each. */
type RowDetails = EntryDetails & { sourceType: string; composite: string | undefined }

function detailsOf(cells: readonly string[], line: number, layout: CsvLayout, maker: Maker): RowDetails {
  const cell = (name: DetailName): string | undefined => cellOf(name, cells, layout)
  const tags = splitTags(cell('tags') ?? '')
  const date = (name: 'validFrom' | 'validUntil'): number | undefined => {
    const text = cell(name)
    const ms = text === undefined ? undefined : parseDate(text)
    if (text !== undefined && ms === undefined) maker.tally.skip('bad_date', line)
    return ms
  }
  const link = cell('link')
  return {
    ref: cell('ref')?.slice(0, MAX_TEXT_CHARS) ?? `${maker.file}:${line}`,
    sourceType: '',
    composite: undefined,
    tags,
    tlp: tlpOf(cell('tlp') ?? '') ?? tlpOfTags(tags),
    comment: cell('comment')?.slice(0, MAX_TEXT_CHARS),
    score: percentOf(cell('score')),
    confidence: percentOf(cell('confidence')),
    detection: flagOf(cell('detection')),
    validFrom: date('validFrom'),
    validUntil: date('validUntil'),
    link: link !== undefined && /^https?:\/\//i.test(link) ? link.slice(0, MAX_TEXT_CHARS) : undefined,
  }
}

function splitTags(text: string): readonly string[] {
  return text
    .slice(0, 4 * MAX_TEXT_CHARS)
    .split(/[,;|]/)
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '')
    .slice(0, MAX_TAGS)
}

function percentOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,3}(?:\.\d{1,6})?%?$/.test(text)) return undefined
  const value = Number(text.replace('%', ''))
  return value <= 100 ? value : undefined
}

function flagOf(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined
  if (/^(?:1|true|yes)$/i.test(text)) return true
  return /^(?:0|false|no)$/i.test(text) ? false : undefined
}
