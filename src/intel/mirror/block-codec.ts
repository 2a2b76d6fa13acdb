import type { Indicator } from '../../core/indicator.ts'
import type { IndicatorBlock } from '../../core/ports.ts'
import { INDICATOR_KEYS, parseBlockHead, parseBlockRow, parseIndicator } from './schema.ts'

/**
 * A block as bytes: u32 number of rows, u32 end of the head and of each row (little-endian, from the end of these
 * numbers), then the texts. The head, in JSON, has the fields equal in all indicators, which in a feed are most of
 * them; a row is a JSON array of the others, null where one is absent. One row is read without the others.
 */
export function encodeBlock(block: readonly Indicator[]): Buffer {
  const { shared, keys } = headOf(block)
  const texts = [JSON.stringify({ shared, keys })]
  for (const indicator of block) texts.push(JSON.stringify(keys.map((key) => indicator[key] ?? null)))
  const body = Buffer.from(texts.join(''))
  const bytes = Buffer.allocUnsafeSlow(4 + 4 * texts.length + body.length)
  bytes.writeUInt32LE(block.length, 0)
  let end = 0
  for (const [i, text] of texts.entries()) {
    end += Buffer.byteLength(text)
    bytes.writeUInt32LE(end, 4 + 4 * i)
  }
  body.copy(bytes, 4 + 4 * texts.length)
  return bytes
}

/** At most BLOCK_SIZE of them. */
export function blockOfIndicators(indicators: readonly Indicator[]): IndicatorBlock {
  return {
    types: indicators.map(({ type }) => type),
    values: indicators.map(({ value }) => value),
    bytes: encodeBlock(indicators),
  }
}

/** One indicator of a block; undefined when there is none at that place or the bytes are damaged. */
export function decodeIndicator(bytes: Buffer, place: number): Indicator | undefined {
  try {
    const rows = rowsOf(bytes)
    return place < rows ? rowReader(bytes, rows)(place) : undefined
  } catch {
    return undefined
  }
}

/** All indicators of a block. Throws when the bytes are damaged. */
export function decodeBlock(bytes: Buffer): readonly Indicator[] {
  const rows = rowsOf(bytes)
  const read = rowReader(bytes, rows)
  return Array.from({ length: rows }, (_, place) => read(place))
}

/** How many indicators there are. Throws when the bytes are damaged. */
export function rowsOf(bytes: Buffer): number {
  return bytes.readUInt32LE(0)
}

/** Throws, and so does what it gives, when the bytes are damaged. */
function rowReader(bytes: Buffer, rows: number): (place: number) => Indicator {
  const base = 4 + 4 * (rows + 1)
  const end = (text: number): number => base + bytes.readUInt32LE(4 + 4 * text)
  const { shared, keys } = parseBlockHead(bytes.toString('utf8', base, end(0)))
  const common = Object.entries(shared)
  return (place) => {
    const row = parseBlockRow(bytes.toString('utf8', end(place), end(place + 1)))
    // Not `{ ...shared }`: V8 makes a slow object of a spread one that gets more keys (measured: ten times slower).
    const fields: Record<string, unknown> = {}
    for (const [key, value] of common) fields[key] = value
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]
      if (key !== undefined && row[i] !== null) fields[key] = row[i]
    }
    const indicator = parseIndicator(fields)
    if (indicator === undefined) throw new TypeError('No indicator')
    return indicator
  }
}

/** The fields equal in all indicators, with their values, and the names of the others. */
function headOf(block: readonly Indicator[]): {
  readonly shared: Readonly<Record<string, unknown>>
  readonly keys: readonly (keyof Indicator)[]
} {
  const keys = INDICATOR_KEYS.filter((key) => !isShared(block, key))
  const shared: Record<string, unknown> = {}
  for (const key of INDICATOR_KEYS) if (!keys.includes(key)) shared[key] = block[0]?.[key]
  return { shared, keys }
}

function isShared(block: readonly Indicator[], key: keyof Indicator): boolean {
  const first = block[0]?.[key]
  for (const indicator of block) if (!isSame(indicator[key], first)) return false
  return true
}

function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false
  return left.every((value, i) => value === right[i])
}
