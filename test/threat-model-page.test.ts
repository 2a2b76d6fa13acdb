import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

/** Each row of the tables names a file with `…` and titles of tests in it with «…». */
it('docs/threat-model.md names tests that are there', () => {
  const page = readFileSync('docs/threat-model.md', 'utf8')
  const rows = page.split('\n').filter((line) => /^\| (?!-|what )/.test(line))
  const claims = rows.map((row) => {
    const [, , , proof = ''] = row.split('|')
    return [...proof.matchAll(/`([^`]+\.test\.ts)`: ((?:«[^»]+»(?:; (?=«))?)+)/g)].flatMap(
      ([, file = '', titles = '']) =>
        [...titles.matchAll(/«([^»]+)»/g)].map(([, title = '']) => ({ file, title })),
    )
  })
  expect(rows.length).toBeGreaterThan(25)
  expect(rows.filter((_, index) => claims[index]?.length === 0)).toEqual([])
  const missing = claims
    .flat()
    .filter(({ file, title }) => !existsSync(file) || !readFileSync(file, 'utf8').includes(title))
  expect(missing).toEqual([])
})
