import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { jsonSchemaFiles, matchRecordSchema, parsedRecordSchema } from './schema.ts'

describe('the shipped JSON Schema', () => {
  it.each(Object.entries(jsonSchemaFiles()))('schema/%s is what the code says', (name, text) => {
    expect(readFileSync(`schema/${name}`, 'utf8')).toBe(text)
  })
})

describe('docs/output.md', () => {
  const examples = [...readFileSync('docs/output.md', 'utf8').matchAll(/```json\n([^`]+)```/g)].map(
    ([, text]): unknown => JSON.parse(text ?? ''),
  )

  it('shows records that the schemas accept', () => {
    expect(examples).toHaveLength(2)
    expect(matchRecordSchema.parse(examples[0])).toEqual(examples[0])
    expect(parsedRecordSchema.parse(examples[1])).toEqual(examples[1])
  })

  it('names every key of a record', () => {
    const text = readFileSync('docs/output.md', 'utf8')
    const keys = Object.values(jsonSchemaFiles()).flatMap((schema) =>
      [...schema.matchAll(/"([a-z_]+)": \{\n/g)].map(([, key]) => key ?? ''),
    )
    expect(keys.length).toBeGreaterThan(50)
    const words = new Set(text.match(/[a-z_]+/g))
    expect(keys.filter((key) => !words.has(key) && !['properties', 'items'].includes(key))).toEqual([])
  })
})
