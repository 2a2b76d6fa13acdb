import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ENVIRONMENT } from '../src/config/environment.ts'

function names(text: string): readonly string[] {
  return [...text.matchAll(/`([A-Z]{2,}(?:_[A-Z]+)+)[`=]/g)].map(([, name = '']) => name)
}

it('docs/migrate.md has every variable of the older programs, and none that is not read', () => {
  const page = readFileSync('docs/migrate.md', 'utf8')
  const [read = '', rest = ''] = page.split('Not needed any more')
  const known = new Set(ENVIRONMENT.map(({ name }) => name))
  const taken = [...known].filter((name) => !name.startsWith('TRIPLINE_'))
  expect(taken.filter((name) => !names(page).includes(name))).toEqual([])
  expect(names(read).filter((name) => !known.has(name.replace(/_FILE$/, '')) && !known.has(name))).toEqual([])
  const gone = names(rest.split('\n\n')[0] ?? '').filter((name) => !name.startsWith('TRIPLINE_'))
  expect(gone.length).toBeGreaterThan(3)
  expect(gone.filter((name) => known.has(name))).toEqual([])
})
