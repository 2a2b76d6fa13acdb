import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GENERATED, staleFiles, writeFiles } from '../scripts/generate.ts'

describe('the generated files', () => {
  it('are those that would be generated now (if not: npm run generate)', async () => {
    expect(GENERATED.length).toBeGreaterThanOrEqual(3)
    expect(await staleFiles()).toEqual([])
  })
})

describe('the check', () => {
  let root: string
  beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'tripline-generated-'))))
  afterEach(() => rm(root, { recursive: true }))

  it('names every file that is missing', async () => {
    expect(await staleFiles(root)).toEqual(GENERATED.map(({ path }) => path))
  })

  it('names the one that was edited by hand', async () => {
    await writeFiles(root)
    await writeFile(join(root, 'examples/tripline.yaml'), '# mine\n')
    expect(await staleFiles(root)).toEqual(['examples/tripline.yaml'])
  })
})
