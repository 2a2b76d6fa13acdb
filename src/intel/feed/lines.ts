import { StringDecoder } from 'node:string_decoder'

/** Lines in file order; undefined stands for a line that is too long to be anything. */
export interface LineBlock {
  /** Number of the first line, counted from 1. */
  readonly first: number
  readonly lines: readonly (string | undefined)[]
}

/** No indicator is longer: the longest URL taken has 8,192 characters, a CSV row several of them. */
export const MAX_LINE_CHARS = 64 * 1024

/**
 * Splits on LF (a CR before it stays: callers trim). UTF-8, or UTF-16LE when the byte-order mark says so
 * (PowerShell 5 writes it). Memory is bounded by one chunk and one line.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncIterable<LineBlock> {
  let carry: string | undefined = ''
  let first = 1
  for await (const text of decode(chunks)) {
    const lines: (string | undefined)[] = text.split('\n')
    const start = lines[0] ?? ''
    lines[0] = carry === undefined ? undefined : fitting(carry + start)
    carry = fitting(lines.pop())
    for (let i = 0; i < lines.length; i++) lines[i] = fitting(lines[i])
    if (lines.length > 0) yield { first, lines }
    first += lines.length
  }
  if (carry !== '') yield { first, lines: [carry] }
}

function fitting(line: string | undefined): string | undefined {
  return line === undefined || line.length > MAX_LINE_CHARS ? undefined : line
}

/** Chunks as text, without byte-order mark; never splits a character. */
export async function* decode(chunks: AsyncIterable<Buffer>): AsyncIterable<string> {
  let decoder: StringDecoder | undefined
  for await (const chunk of chunks) {
    if (decoder === undefined) {
      if (chunk.length === 0) continue
      decoder = new StringDecoder(isUtf16(chunk) ? 'utf16le' : 'utf8')
      yield withoutMark(decoder.write(chunk))
    } else yield decoder.write(chunk)
  }
  const rest = decoder?.end() ?? ''
  if (rest !== '') yield rest
}

/** The text of a file's first bytes; a character cut at the end is left out. */
export function decodeHead(head: Buffer): string {
  return withoutMark(new StringDecoder(isUtf16(head) ? 'utf16le' : 'utf8').write(head))
}

function isUtf16(bytes: Buffer): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xfe
}

function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text
}
