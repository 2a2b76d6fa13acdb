import { expect, it } from 'vitest'
import { withoutExtras } from './builtins.ts'

it.each([
  ['import { a, b as c } from "node:fs";', 'const { a, b: c } = process.getBuiltinModule("node:fs");'],
  ['import * as fs from "node:fs/promises";', 'const fs = process.getBuiltinModule("node:fs/promises");'],
  ['import fs$1 from "node:fs";', 'const fs$1 = process.getBuiltinModule("node:fs");'],
  ['import { open } from "lmdb";', 'import { open } from "lmdb";'],
])('%s', (line, taken) => {
  expect(withoutExtras(`first\n${line}\nlast`)).toBe(`first\n${taken}\nlast`)
})

it.each(['import fs, { open } from "node:fs";', 'import "node:process";'])('refuses %s', (line) => {
  expect(() => withoutExtras(line)).toThrow('not known')
})
