import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { SUITE_NAMES } from '../src/app/bench/names.ts'
import { benchReportSchema, suiteResultSchema } from '../src/app/bench/schema.ts'

const page = readFileSync('docs/bench.md', 'utf8')
const COMMON = ['suite', 'passed', 'reasons', 'ended', 'duration_seconds']

/** Rows of the first table below a text: the cells, without the head. */
function rows(after: string): readonly (readonly string[])[] {
  const lines = (page.split(after)[1] ?? '').split('\n')
  const table = lines.slice(lines.findIndex((line) => line.startsWith('|')))
  return table
    .slice(
      2,
      table.findIndex((line) => line === ''),
    )
    .map((line) => line.split('|').map((cell) => cell.trim()))
}

function codes(text = ''): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}

describe('docs/bench.md', () => {
  it('has a section for each suite, in the order they run', () => {
    const headings = [...page.matchAll(/^### (\w+)$/gm)].map(([, name]) => name)
    expect(headings).toEqual([...SUITE_NAMES])
  })

  it('names each key of the report', () => {
    const named = rows('## The report').flatMap((cells) => codes(cells[1]))
    expect(named.toSorted()).toEqual(Object.keys(benchReportSchema.shape).toSorted())
  })

  it('names each key of each suite', () => {
    let suite = ''
    const named = new Map<string, string[]>()
    for (const [, first, keys] of rows('Each suite has')) {
      suite = codes(first)[0] ?? suite
      named.set(suite, [...(named.get(suite) ?? []), ...codes(keys)])
    }
    for (const option of suiteResultSchema.options) {
      const name = option.shape.suite.value
      const keys = Object.keys(option.shape).filter((key) => !COMMON.includes(key))
      expect({ name, keys: named.get(name)?.toSorted() }).toEqual({ name, keys: keys.toSorted() })
    }
  })

  it('links the schema that a report fits', () => {
    const schema: unknown = JSON.parse(readFileSync('schema/bench.schema.json', 'utf8'))
    const shape = z.looseObject({ required: z.array(z.string()) }).parse(schema)
    expect(shape.required.toSorted()).toEqual(Object.keys(benchReportSchema.shape).toSorted())
  })
})
