import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { identityOf } from './process-identity.ts'
import { lockHolder } from './lock-holder.ts'
import { LOCK_FILE, lockStateDir } from './state-lock.ts'

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tripline-holder-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

it('tells nobody, the process that has it, and nobody again', () =>
  inFolder(async (dir) => {
    expect(await lockHolder(dir, Date.now())).toEqual({ kind: 'nobody' })
    const lock = await lockStateDir(dir)
    expect(await lockHolder(dir, Date.now())).toMatchObject({
      kind: 'running',
      process: { pid: process.pid },
    })
    await lock.release()
    expect(await lockHolder(dir, Date.now())).toEqual({ kind: 'nobody' })
  }))

it('tells one whose process is gone, and one of another machine by its heartbeat', () =>
  inFolder(async (dir) => {
    const own = await identityOf(process.pid)
    const path = join(dir, LOCK_FILE)
    await writeFile(path, JSON.stringify({ ...own, startedAt: '1' }))
    expect(await lockHolder(dir, Date.now())).toMatchObject({ kind: 'gone' })
    await writeFile(path, JSON.stringify({ ...own, host: 'another' }))
    const now = Date.now()
    await utimes(path, new Date(now), new Date(now))
    expect(await lockHolder(dir, now)).toMatchObject({ kind: 'elsewhere' })
    expect(await lockHolder(dir, now + 31_000)).toMatchObject({ kind: 'gone' })
    await writeFile(path, 'torn')
    expect(await lockHolder(dir, now)).toEqual({ kind: 'nobody' })
  }))
