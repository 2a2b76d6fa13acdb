import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLineSplitter, type LineSplitter } from './lines.ts'

interface Recorded {
  readonly splitter: LineSplitter
  readonly lines: [number, string][]
  readonly tooLong: number[]
}

function recording(maxLineBytes = 1000, offset = 0): Recorded {
  const lines: [number, string][] = []
  const tooLong: number[] = []
  const splitter = createLineSplitter({
    offset,
    maxLineBytes,
    onLine: (line, at) => lines.push([at, line.toString('latin1')]),
    onTooLong: (at) => tooLong.push(at),
  })
  return { splitter, lines, tooLong }
}

describe('createLineSplitter', () => {
  it('gives complete lines with the offsets of their first bytes', () => {
    const { splitter, lines } = recording(1000, 100)
    splitter.push(Buffer.from('ab\n\ncd'))
    expect(lines).toEqual([
      [100, 'ab'],
      [103, ''],
    ])
    expect(splitter.position()).toBe(104)
    splitter.push(Buffer.from('e\n'))
    expect(lines[2]).toEqual([104, 'cde'])
    expect(splitter.position()).toBe(108)
  })

  it('gives what lacks its newline once', () => {
    const { splitter } = recording()
    splitter.push(Buffer.from('a\nbc'))
    expect(splitter.rest()).toEqual({ line: Buffer.from('bc'), offset: 2 })
    expect(splitter.rest()).toBeUndefined()
  })

  it('shares the memory of a chunk that holds the whole line', () => {
    const chunk = Buffer.from('abc\n')
    let line: Buffer | undefined
    const splitter = createLineSplitter({
      offset: 0,
      maxLineBytes: 10,
      onLine: (bytes) => {
        line = bytes
      },
      onTooLong: () => undefined,
    })
    splitter.push(chunk)
    expect(line?.buffer).toBe(chunk.buffer)
  })

  it('takes a line of exactly the cap and skips a longer one, in one chunk and in several', () => {
    const { splitter, lines, tooLong } = recording(3)
    splitter.push(Buffer.from('abc\nabcd\n'))
    for (const byte of 'abc\nabcd\nx\n') splitter.push(Buffer.from(byte))
    expect(lines.map(([, line]) => line)).toEqual(['abc', 'abc', 'x'])
    expect(tooLong).toEqual([4, 13])
  })

  it('tells of a line that is too long before it ends, once, and gives no rest of it', () => {
    const { splitter, lines, tooLong } = recording(3)
    for (let i = 0; i < 10; i += 1) splitter.push(Buffer.from('xx'))
    expect(tooLong).toEqual([0])
    expect(splitter.rest()).toBeUndefined()
    expect(splitter.position()).toBe(0)
    splitter.push(Buffer.from('\nab\n'))
    expect(lines).toEqual([[21, 'ab']])
  })

  it('finds the same lines however the bytes are cut', () => {
    const text = fc.stringMatching(/^[ab\n]{0,60}$/)
    fc.assert(
      fc.property(
        text,
        fc.array(fc.integer({ min: 1, max: 7 })),
        fc.integer({ min: 1, max: 8 }),
        (all, cuts, cap) => {
          const { splitter, lines } = recording(cap)
          let at = 0
          for (const cut of [...cuts, all.length]) {
            splitter.push(Buffer.from(all.slice(at, at + cut)))
            at += cut
          }
          const complete = all.split('\n').slice(0, -1)
          expect(lines.map(([, line]) => line)).toEqual(complete.filter((line) => line.length <= cap))
          for (const [offset, line] of lines)
            expect(all.slice(offset, offset + line.length + 1)).toBe(`${line}\n`)
          expect(splitter.position()).toBe(all.lastIndexOf('\n') + 1)
        },
      ),
    )
  })

  it('skips zeros before a line when asked to, over chunks too, and goes on behind them', () => {
    const seen: [number, string][] = []
    const zeros: number[] = []
    const splitter = createLineSplitter({
      offset: 0,
      maxLineBytes: 4,
      onLine: (line, at) => seen.push([at, line.toString('latin1')]),
      onTooLong: () => seen.push([-1, '']),
      onZeros: (at) => zeros.push(at),
    })
    for (const chunk of ['ab\n\0\0', '\0\0\0\0', '\0cd\n\0e\n', 'f\0\n'])
      splitter.push(Buffer.from(chunk, 'latin1'))
    expect(seen).toEqual([
      [0, 'ab'],
      [10, 'cd'],
      [14, 'e'],
      [16, 'f\0'],
    ])
    expect(zeros).toEqual([3, 13])
    splitter.push(Buffer.from('\0\0'))
    expect(splitter.position()).toBe(21)
    expect(splitter.rest()).toBeUndefined()
  })
})

/** What a splitter gives for chunks, each pushed or, where `takes` says so, taken as lines and these split one by one. */
function told(chunks: readonly Buffer[], takes: (at: number) => boolean): readonly string[] {
  const all: string[] = []
  const splitterAt = (offset: number): LineSplitter =>
    createLineSplitter({
      offset,
      maxLineBytes: 6,
      onLine: (line, at) => all.push(`${at} ${line.toString('latin1')}`),
      onTooLong: (at) => all.push(`${at} too long`),
      onZeros: (at) => all.push(`${at} zeros`),
    })
  const splitter = splitterAt(0)
  for (const [at, chunk] of chunks.entries()) {
    const taken = takes(at) ? splitter.takeLines(chunk) : undefined
    if (taken === undefined) splitter.push(chunk)
    else splitterAt(taken.offset).push(taken.bytes)
  }
  // What is too long behind the lines is told before they are looked at.
  return [...all.toSorted(), `at ${splitter.position()}`]
}

describe('takeLines', () => {
  it('gives the same lines as pushing, whatever is taken', () => {
    const piece = fc.constantFrom('a', 'bc', '\n', '\n', '\0', '\0\0', 'long line')
    const chunk = fc.array(piece, { minLength: 1, maxLength: 6 }).map((parts) => Buffer.from(parts.join('')))
    const chunks = fc.array(fc.tuple(chunk, fc.boolean()), { maxLength: 8 })
    fc.assert(
      fc.property(chunks, (pairs) => {
        const bytes = pairs.map(([each]) => each)
        expect(told(bytes, (at) => pairs[at]?.[1] === true)).toEqual(told(bytes, () => false))
      }),
      { numRuns: 2000 },
    )
  })

  it('takes nothing where no line ends, and a copy where one does', () => {
    const { splitter } = recording(1000, 10)
    expect(splitter.takeLines(Buffer.from('ab'))).toBeUndefined()
    splitter.push(Buffer.from('ab'))
    const chunk = Buffer.from('c\nd\ne')
    const taken = splitter.takeLines(chunk)
    chunk.fill(0)
    expect([taken?.bytes.toString(), taken?.offset, splitter.position()]).toEqual(['abc\nd\n', 10, 16])
    expect(splitter.rest()?.line.toString()).toBe('e')
  })
})
