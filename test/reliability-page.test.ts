import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/*
 * The table of docs/reliability.md: id, scenario, tests, result. A test is named as
 * `path/of/the.test.ts` › title › …, its titles as they stand in the file.
 */

interface Row {
  readonly id: string
  readonly scenario: string
  readonly tests: string
  readonly result: string
}

const page = readFileSync('docs/reliability.md', 'utf8')

const rows: readonly Row[] = page
  .split('\n')
  .filter((line) => /^\| [A-Z]\d+ /.test(line))
  .map((line) => {
    const [, id = '', scenario = '', tests = '', result = ''] = line.split('|').map((cell) => cell.trim())
    return { id, scenario, tests, result }
  })

function ids(letter: string, from: number, to: number): readonly string[] {
  const width = letter === 'R' ? 2 : 1
  return Array.from({ length: to - from + 1 }, (_, at) => letter + String(from + at).padStart(width, '0'))
}

const WANTED = [...ids('T', 1, 18), ...ids('R', 1, 19), ...ids('R', 30, 37), ...ids('R', 40, 45)]

/** The tests of a cell: a file and the titles on the way to one test. */
function named(cell: string): readonly { file: string; titles: readonly string[] }[] {
  return cell.split('<br>').map((entry) => {
    const [file = '', ...titles] = entry.split(' › ').map((part) => part.trim())
    return { file: file.replace(/^`|`$/g, ''), titles }
  })
}

/** Whether the file has the title as a whole literal. */
function hasTitle(text: string, title: string): boolean {
  return ["'", '"', '`'].some((quote) => text.includes(quote + title + quote))
}

describe('docs/reliability.md', () => {
  it('has a row for each scenario, once and in order', () => {
    expect(rows.map(({ id }) => id)).toEqual(WANTED)
  })

  it.each(rows)('$id names a scenario, tests that exist, and a result', ({ scenario, tests, result }) => {
    expect(scenario).not.toBe('')
    expect(result).not.toBe('')
    const missing = named(tests).flatMap(({ file, titles }) => {
      if (!existsSync(file) || titles.length === 0) return [file]
      const text = readFileSync(file, 'utf8')
      return titles.filter((title) => !hasTitle(text, title)).map((title) => `${file}: ${title}`)
    })
    expect(missing).toEqual([])
  })
})
