import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { canHaveMachines, makeBase, type Base } from './base.ts'
import { nameOf, PAGES } from './blocks.ts'
import { runPage, stepsOf } from './runner.ts'
import { SET_UPS } from './set-ups.ts'

/** Every command block of the pages, as somebody follows them (`set-ups.ts`); and their settings, with `tripline check`. */

/** As many as `maxConcurrency` lets run. */
const AT_A_TIME = 2

/** Those from the sources take longest. */
const pages = PAGES.filter((page) => stepsOf(page).length > 0).toSorted((a, b) => rank(a) - rank(b))

function rank(page: string): number {
  return SET_UPS[page]?.machine === 'sources' ? 0 : 1
}

describe.runIf(canHaveMachines())('the blocks', () => {
  let base: Base
  let free: Base['networks'][number][] = []
  beforeAll(async () => {
    base = await makeBase(mkdtempSync(join(tmpdir(), 'tripline-pages-')), AT_A_TIME)
    free = [...base.networks]
  })
  afterAll(() => {
    for (const { servers } of base.networks) servers.kill()
    rmSync(base.folder, { recursive: true, force: true })
  })

  it.concurrent.for(pages)('of %s do what the page says', async (page, { expect }) => {
    const network = free.pop()
    if (network === undefined) throw new Error(`more than ${AT_A_TIME} pages at a time`)
    const work = join(base.folder, page.replaceAll('/', '-'))
    const results = await runPage(page, { base, work, network }).finally(() => free.push(network))
    for (const [index, { block, note }] of stepsOf(page).entries()) {
      const { code, output } = results[index] ?? { code: undefined, output: 'It was not run.' }
      const at = `${nameOf(block)}: ${block.body}→ ${code}\n${output.slice(-3000)}`
      expect.soft(code, at).toBe(note.code ?? 0)
      const missing = (note.says ?? []).filter((text) =>
        typeof text === 'string' ? !output.includes(text) : !text.test(output),
      )
      expect.soft(missing, at).toEqual([])
    }
  })
})
