import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readTextFile } from './files.ts'

function inFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tripline-files-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, name)
}

it('reads what there is, up to the bound', async () => {
  const path = inFolder('a.txt')
  writeFileSync(path, 'abc')
  expect(await readTextFile(path, 3)).toBe('abc')
  await expect(readTextFile(path, 2)).rejects.toThrow('the file holds more than 2 bytes')
})

it('does not wait at a named pipe, which nothing could end', async () => {
  const path = inFolder('pipe')
  execFileSync('mkfifo', [path])
  await expect(readTextFile(path, 10)).rejects.toThrow('it is a named pipe')
})
