import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { noticesOf } from './notices.ts'

const SOURCE = `'use strict'
// Copyright 2012 Somebody Else
// Licensed under something

/* Nothing to tell. */
module.exports = 'copyright'
`

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tripline-notices-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Gives the path of a module in it. */
function packaged(path: string, licence?: { readonly file: string; readonly text: string }): string {
  const place = join(folder, 'node_modules', path)
  mkdirSync(join(place, 'lib'), { recursive: true })
  const name = path.slice(path.lastIndexOf('node_modules/') + 1).replace('ode_modules/', '')
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name, version: '1.2.3', license: 'MIT' }))
  if (licence !== undefined) writeFileSync(join(place, licence.file), licence.text)
  writeFileSync(join(place, 'lib/index.js'), SOURCE)
  return join(place, 'lib/index.js')
}

it('has the text of each package once, by name, also of one within another, and of none that is ours', () => {
  const text = noticesOf([
    '/some/src/cli.ts',
    packaged('zoo', { file: 'LICENSE', text: 'text of zoo' }),
    packaged('@scope/one', { file: 'LICENCE.md', text: 'text of one' }),
    packaged('@scope/one', { file: 'NOTICE', text: 'and its notice' }),
    packaged('zoo/node_modules/inner', { file: 'LICENSE-MIT', text: 'text of inner' }),
  ])
  expect(text.match(/^.*\(MIT\)$/gm)).toEqual([
    '@scope/one 1.2.3 (MIT)',
    'inner 1.2.3 (MIT)',
    'zoo 1.2.3 (MIT)',
  ])
  expect(text).toContain('text of one\n\nand its notice\n')
  expect(text).toContain('code of 3 packages')
  // Code of others within.
  expect(text).toContain('text of zoo\n\n// Copyright 2012 Somebody Else\n// Licensed under something\n')
  expect(text).not.toContain('Nothing to tell')
})

it('gives the text of MIT with the owner for a package that is known to leave it out', () => {
  expect(noticesOf([packaged('@redis/client')])).toContain('Copyright (c) 2022-2025, Redis, inc.\n')
})

it('throws for any other without a text', () => {
  expect(() => noticesOf([packaged('bare')])).toThrow('bare@1.2.3 comes without the text of its licence')
})
