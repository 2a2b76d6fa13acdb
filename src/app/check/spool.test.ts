import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { asNobody, giveToNobody } from '../../../test/support/unprivileged.ts'
import { loadConfig } from '../../config/load.ts'
import { spoolConfig } from '../../sources/spool/config.ts'
import { checkLeftSpools, checkSpool } from './spool.ts'

let folder = ''
let dir = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tripline-check-spool-'))
  dir = join(folder, 'spool')
  for (const name of ['new', 'tmp']) await mkdir(join(dir, name), { recursive: true })
  await chmod(join(dir, 'new'), 0o770)
})
afterEach(() => rm(folder, { recursive: true }))

it('a spool whose group may write to it is fine, with and without files', async () => {
  expect(await checkSpool('sources.spool', dir)).toMatchObject({ level: 'ok' })
  await writeFile(join(dir, 'new/1'), '')
  expect(await checkSpool('sources.spool', dir)).toMatchObject({ level: 'ok' })
  expect(await checkSpool('sources.spool', join(folder, 'other'))).toMatchObject({ level: 'ok' })
})

it('a spool whose group may not write to it is warned of', async () => {
  await chmod(join(dir, 'new'), 0o700)
  expect(await checkSpool('sources.spool', dir)).toMatchObject({ level: 'warning' })
})

it('a file that waits and may not be read is an error, with what to do', async () => {
  await writeFile(join(dir, 'new/1'), '')
  await writeFile(join(dir, 'new/2'), '')
  await chmod(join(dir, 'new/2'), 0)
  giveToNobody(folder)
  expect(await asNobody(() => checkSpool('sources.spool', dir))).toEqual({
    level: 'error',
    subject: 'sources.spool',
    text: `no permission to read ${join(dir, 'new/2')}`,
    hint: expect.stringContaining('group wazuh') as string,
  })
})

it('a spool that scripts write to and no source reads is warned of', async () => {
  const { config } = await loadConfig({ env: { TRIPLINE_STATE_DIR: folder } })
  const left = async (sources: typeof config.sources) =>
    (await checkLeftSpools({ ...config, sources })).filter(({ subject }) => subject === dir)
  expect(await left({})).toEqual([])
  await writeFile(join(dir, 'served'), '4102444800\n')
  expect(await left({})).toMatchObject([{ level: 'warning' }])
  expect(await left({ spool: spoolConfig.parse({ type: 'spool', dir }) })).toEqual([])
})
