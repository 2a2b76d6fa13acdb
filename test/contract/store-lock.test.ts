import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AppError } from '../../src/core/errors.ts'
import { identityOf, isRunning } from '../../src/store/process-identity.ts'
import { LOCK_FILE, lockStateDir, type StateLock } from '../../src/store/state-lock.ts'

const MODULE = fileURLToPath(new URL('../../src/store/state-lock.ts', import.meta.url))
const onLinux = process.platform === 'linux'

let root: string
let dir: string
const children: ChildProcess[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tripline-lock-'))
  dir = join(root, 'state', 'deep')
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(root, { recursive: true })
})

/** A real process that tries for the lock, says `held` or the error's code, and stays. */
async function startHolder(): Promise<{ child: ChildProcess; said: string }> {
  const script = `import { lockStateDir } from ${JSON.stringify(MODULE)}
    lockStateDir(${JSON.stringify(dir)}).then(() => console.log('held'), (error) => console.log(error.code))
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [chunk] = (await once(child.stdout ?? child, 'data')) as [Buffer]
  return { child, said: chunk.toString().trim() }
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function writeLock(content: unknown): Promise<void> {
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, LOCK_FILE), typeof content === 'string' ? content : JSON.stringify(content))
}

const codeOf = (error: unknown): unknown => (error as AppError).code

const lockedByThisProcess = {
  code: 'STATE_LOCKED',
  message: expect.stringContaining(String(process.pid)) as string,
}

describe('state lock', () => {
  it('creates the directory with mode 0750 and leaves nothing but the lock, then nothing', async () => {
    const lock = await lockStateDir(dir)
    expect((await stat(dir)).mode & 0o777).toBe(0o750)
    expect(await readdir(dir)).toEqual([LOCK_FILE])
    await lock.release()
    await lock.release()
    expect(await readdir(dir)).toEqual([])
  })

  it('refuses a second holder by its process number, and lets one in after release', async () => {
    const lock = await lockStateDir(dir)
    await expect(lockStateDir(dir)).rejects.toMatchObject(lockedByThisProcess)
    await lock.release()
    await (await lockStateDir(dir)).release()
  })

  it('does not remove the lock of another on a late release', async () => {
    const first = await lockStateDir(dir)
    await first.release()
    const second = await lockStateDir(dir)
    await first.release()
    await expect(lockStateDir(dir)).rejects.toMatchObject(lockedByThisProcess)
    await second.release()
  })

  it('refuses while another process runs, and starts after it was killed', async () => {
    const { child, said } = await startHolder()
    expect(said).toBe('held')
    await expect(lockStateDir(dir)).rejects.toMatchObject({
      code: 'STATE_LOCKED',
      message: expect.stringContaining(String(child.pid)) as string,
    })
    await kill(child)
    const lock = await lockStateDir(dir)
    expect(await readdir(dir)).toEqual([LOCK_FILE])
    await lock.release()
  })

  it.runIf(onLinux)('starts when the number of the dead process was given to another one', async () => {
    const own = await identityOf(process.pid)
    for (const other of [{ startedAt: '1' }, { bootId: 'an earlier boot' }]) {
      await writeLock({ ...own, ...other })
      const lock = await lockStateDir(dir)
      expect(await readdir(dir)).toEqual([LOCK_FILE])
      await lock.release()
    }
  })

  it('goes by the process number alone where nothing more is known', async () => {
    await writeLock({ pid: process.pid, startedAt: '', bootId: '' })
    await expect(lockStateDir(dir)).rejects.toMatchObject(lockedByThisProcess)
  })

  it.each(['', 'not json', '{"pid":"x"}', '{"pid":-1,"startedAt":"","bootId":""}'])(
    'takes over an unreadable lock: %j',
    async (content) => {
      await writeLock(content)
      const lock = await lockStateDir(dir)
      expect(await readFile(join(dir, LOCK_FILE), 'utf8')).toContain(`"pid":${process.pid}`)
      await lock.release()
    },
  )

  it('gives a dead lock to exactly one of many starters', async () => {
    for (let round = 0; round < 20; round++) {
      await writeLock({ pid: process.pid, startedAt: '1', bootId: `dead ${round}` })
      const starts = await Promise.allSettled(Array.from({ length: 12 }, () => lockStateDir(dir)))
      const held = starts.filter(
        (start): start is PromiseFulfilledResult<StateLock> => start.status === 'fulfilled',
      )
      expect(held).toHaveLength(1)
      const refusals = starts
        .filter((start) => start.status === 'rejected')
        .map(({ reason }) => codeOf(reason))
      expect(refusals).toEqual(Array.from({ length: 11 }, () => 'STATE_LOCKED'))
      await held[0]?.value.release()
      expect(await readdir(dir)).toEqual([])
    }
  })

  it('gives a dead lock to exactly one of several processes', async () => {
    await writeLock('left by a power failure')
    const said = (await Promise.all([startHolder(), startHolder(), startHolder()])).map((one) => one.said)
    expect(said.toSorted()).toEqual(['STATE_LOCKED', 'STATE_LOCKED', 'held'])
  })

  it('survives a starter that died in the middle of taking over', async () => {
    await writeLock('dead')
    const digest = createHash('sha256').update('dead').digest('hex').slice(0, 16)
    await writeFile(join(dir, `${LOCK_FILE}.${digest}.takeover`), 'dead too')
    const lock = await lockStateDir(dir)
    expect(await readdir(dir)).toEqual([LOCK_FILE])
    await lock.release()
  })

  it('says STATE_UNWRITABLE with a hint when the directory cannot be made', async () => {
    await writeFile(join(root, 'state'), 'a file')
    await expect(lockStateDir(dir)).rejects.toMatchObject({
      code: 'STATE_UNWRITABLE',
      hint: expect.stringContaining('0750') as string,
    })
  })

  it('knows a running process and a dead one', async () => {
    expect(await isRunning(await identityOf(process.pid))).toBe(true)
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    children.push(child)
    const identity = await identityOf(child.pid ?? 0)
    expect(await isRunning(identity)).toBe(true)
    await kill(child)
    expect(await isRunning(identity)).toBe(false)
  })
})
