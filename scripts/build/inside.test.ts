import { describe, expect, it } from 'vitest'
import { foldersOf, packagesOf } from './inside.ts'

const LOCKFILE = JSON.stringify({
  lockfileVersion: 3,
  packages: {
    '': { version: '1.0.0', license: 'Apache-2.0' },
    'node_modules/beside': { version: '1.0.0', license: 'MIT' },
    'node_modules/inside': { version: '2.0.0', license: 'ISC', dev: true },
    'node_modules/inside/node_modules/@x/deep': { version: '3.0.0', dev: true },
    'node_modules/tool': { version: '4.0.0', license: 'MIT', dev: true },
  },
})

describe('packagesOf', () => {
  it('gives what is installed beside it and what is inside, not what is for development only', () => {
    const inside = new Set(['node_modules/inside', 'node_modules/inside/node_modules/@x/deep'])
    expect(packagesOf(LOCKFILE, inside)).toEqual([
      { name: 'beside', version: '1.0.0', license: 'MIT', path: 'node_modules/beside' },
      { name: 'inside', version: '2.0.0', license: 'ISC', path: 'node_modules/inside' },
      { name: '@x/deep', version: '3.0.0', path: 'node_modules/inside/node_modules/@x/deep' },
    ])
  })

  it('refuses a package that is not in the lockfile, and a lockfile that it does not know', () => {
    expect(() => packagesOf(LOCKFILE, new Set(['node_modules/other']))).toThrow(
      'Not in the lockfile: node_modules/other',
    )
    expect(() => packagesOf('{"lockfileVersion":4,"packages":{}}', new Set())).toThrow('lockfileVersion')
  })
})

it('foldersOf names the package of each module once, the inner one of two', () => {
  const folders = foldersOf([
    'src/cli.ts',
    `${process.cwd()}/node_modules/a/lib/x.js`,
    'node_modules/a/lib/y.js',
    'node_modules/a/node_modules/@s/b/index.js',
  ])
  expect([...folders]).toEqual(['node_modules/a', 'node_modules/a/node_modules/@s/b'])
})
