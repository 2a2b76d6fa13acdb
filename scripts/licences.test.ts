import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkLicences, isAllowed } from './licences.ts'

describe('checkLicences', () => {
  it('allows what Tripline runs with', () => {
    const { packages, problems } = checkLicences(readFileSync('package-lock.json', 'utf8'))
    expect(packages).toBeGreaterThan(40)
    expect(problems).toEqual([])
  })

  it('names packages with another licence or none, and passes over those for development', () => {
    const text = JSON.stringify({
      lockfileVersion: 3,
      packages: {
        '': { version: '1.0.0', license: 'Apache-2.0' },
        'node_modules/a': { version: '1.0.0', license: 'MIT' },
        'node_modules/a/node_modules/@x/b': { version: '2.0.0', license: 'GPL-3.0-only' },
        'node_modules/c': { version: '3.0.0' },
        'node_modules/d': { version: '4.0.0', license: 'GPL-3.0-only', dev: true },
      },
    })
    expect(checkLicences(text)).toEqual({
      packages: 3,
      problems: ['@x/b@2.0.0: GPL-3.0-only', 'c@3.0.0: no licence stated'],
    })
  })

  it('refuses a lockfile that it does not know', () => {
    expect(() => checkLicences('{"lockfileVersion":4,"packages":{}}')).toThrow('lockfileVersion')
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
