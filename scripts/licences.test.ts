import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { foldersInside, packagesOf } from './build/inside.ts'
import { checkLicences, isAllowed } from './licences.ts'

describe('checkLicences', () => {
  it('allows what Tripline runs with', async () => {
    const runsWith = packagesOf(readFileSync('package-lock.json', 'utf8'), await foldersInside())
    const { packages, problems } = checkLicences(runsWith)
    expect(packages).toBeGreaterThan(80)
    expect(problems).toEqual([])
  })

  it('names packages with another licence or none', () => {
    const packages = [
      { name: 'a', version: '1.0.0', license: 'MIT', path: 'node_modules/a' },
      { name: '@x/b', version: '2.0.0', license: 'GPL-3.0-only', path: 'node_modules/a/node_modules/@x/b' },
      { name: 'c', version: '3.0.0', license: undefined, path: 'node_modules/c' },
    ]
    expect(checkLicences(packages)).toEqual({
      packages: 3,
      problems: ['@x/b@2.0.0: GPL-3.0-only', 'c@3.0.0: no licence stated'],
    })
  })
})

describe('isAllowed', () => {
  it.each([
    ['MIT', true],
    ['(MIT OR GPL-2.0-only)', true],
    ['MIT AND ISC', true],
    ['MIT AND GPL-2.0-only', false],
    ['GPL-2.0-only OR LGPL-3.0-only', false],
    ['SEE LICENSE IN LICENSE', false],
    ['GPL-2.0-only WITH Classpath-exception-2.0', false],
    ['((MIT))', false],
    ['', false],
  ])('%s: %s', (expression, allowed) => {
    expect(isAllowed(expression)).toBe(allowed)
  })
})
