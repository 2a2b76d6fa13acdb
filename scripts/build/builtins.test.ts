import { expect, it } from 'vitest'
import { withoutExtras } from './builtins.ts'

it.each([
  ['import { a, b as c } from "node:fs";', 'const { a, b: c } = __builtin("node:fs");'],
  ['import * as fs from "fs/promises";', 'const fs = __builtin("fs/promises");'],
  ['import fs$1 from "node:fs";', 'const fs$1 = __builtin("node:fs");'],
])('%s', (line, taken) => {
  const lines = withoutExtras(`first\n${line}\nlast`).split('\n')
  expect(lines.slice(-2)).toEqual([taken, 'last'])
  expect(lines.filter((each) => each.startsWith('const __builtin = '))).toHaveLength(1)
})

it('says once how they are taken', () => {
  const lines = withoutExtras('import { a } from "node:fs";\nimport { b } from "node:http";').split('\n')
  expect(lines.slice(-2)).toEqual([
    'const { a } = __builtin("node:fs");',
    'const { b } = __builtin("node:http");',
  ])
  expect(lines.filter((line) => line.startsWith('const __builtin = '))).toHaveLength(1)
})

it('leaves others as they are', () => {
  const code = 'import { open } from "lmdb";\nimport { a } from "./base-12345678.js";'
  expect(withoutExtras(code)).toBe(code)
})

it.each(['import fs, { open } from "node:fs";', 'import "node:process";'])('refuses %s', (line) => {
  expect(() => withoutExtras(line)).toThrow('not known')
})
