import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CATALOGUE } from './catalogue.ts'
import { GROUPS } from './schema.ts'

/** GitHub's rule: lower case, blanks to hyphens, no punctuation. */
function anchorsOf(path: string): readonly string[] {
  return [...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

it('every check has an id of its own, and its group in order', () => {
  const ids = CATALOGUE.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.every((id) => /^[a-z]+(?:-[a-z]+)*$/.test(id))).toBe(true)
  expect([...new Set(CATALOGUE.map(({ group }) => group))]).toEqual(Object.keys(GROUPS))
})

it.each(CATALOGUE.map(({ id, page }) => [id, page]))('%s names a page that is there: %s', (_, page) => {
  const [path = '', anchor] = page.split('#')
  expect(existsSync(path)).toBe(true)
  expect([undefined, ...anchorsOf(path)]).toContain(anchor)
})
