import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ERROR_CODES } from '../src/core/errors.ts'

const sections = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8')
  .split(/^## /m)
  .slice(1)

describe('docs/errors.md', () => {
  it('has one heading for each code, in the order of the code table', () => {
    expect(sections.map((section) => section.split('\n')[0])).toEqual(Object.keys(ERROR_CODES))
  })

  it.each(Object.entries(ERROR_CODES))('says that %s is %s, and what to do', (code, retryability) => {
    const [, text = ''] = sections.find((section) => section.startsWith(`${code}\n`))?.split('\n\n') ?? []
    expect(text.toLowerCase()).toContain(`_${retryability}._`)
    expect(text.split(/\.\s/).length).toBeGreaterThanOrEqual(2)
  })
})
