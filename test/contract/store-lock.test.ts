import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AppError } from '../../src/core/errors.ts'
import { identityOf, isRunning } from '../../src/store/process-identity.ts'
import { LOCK_FILE, lockStateDir, type StateLock } from '../../src/store/state-lock.ts'
import { manualClock, type ManualClock } from '../support/clock.ts'

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

/** A process ID namespace of its own, as a container has, without being root. */
const NAMESPACE = ['unshare', '--map-root-user', '--pid', '--fork', '--kill-child', '--mount-proc'] as const

function namespacesWork(): boolean {
  try {
    const [command, ...args] = NAMESPACE
    execFileSync(command, [...args, 'true'], { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write('skipped: locks between containers, as unshare does not work here\n')
    return false
  }
}

/** A real process that tries for the lock, says `held` or the error's code, and stays. */
async function startHolder(inside: readonly string[] = []): Promise<{ child: ChildProcess; said: string }> {
  const script = `import { lockStateDir } from ${JSON.stringify(MODULE)}
    lockStateDir(${JSON.stringify(dir)}, { heartbeatMs: 50 })
      .then(() => console.log('held'), (error) => console.log(error.code))
    setInterval(() => {}, 1000)`
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', script]
  const [command = '', ...args] = [...inside, ...node]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [chunk] = (await once(child.stdout ?? child, 'data')) as [Buffer]
  return { child, said: chunk.toString().trim() }
}

async function kill(child: ChildProcess): Promise<void> {
  // Its output closes when its own children are gone, too.
  const closed = once(child, 'close')
  child.kill('SIGKILL')
  await closed
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

  it.runIf(onLinux)('takes one for dead that was killed and is not waited for by its parent', async () => {
    // The shell becomes another program, which never asks what became of the child.
    const parent = spawn('sh', ['-c', 'sleep 100 & echo $!; exec sleep 100'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(parent)
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const identity = await identityOf(Number(line))
    expect(await isRunning(identity)).toBe(true)
    process.kill(identity.pid, 'SIGKILL')
    await expect.poll(() => isRunning(identity)).toBe(false)
    expect(process.kill(identity.pid, 0)).toBe(true)
  })
})

/** Lets time pass until the promise is settled; what is looked at in between is on the disk. */
async function passing<Value>(
  clock: ManualClock,
  promise: Promise<Value>,
  step?: () => Promise<void>,
): Promise<Value> {
  const state = { settled: false }
  const settle = (): void => {
    state.settled = true
  }
  promise.then(settle, settle)
  while (!state.settled) {
    await step?.()
    await clock.advance(1000)
    await stat(root)
  }
  return promise
}

describe('state lock of a holder elsewhere', () => {
  const elsewhere = [{ pidNamespace: 'pid:[1]' }, { host: 'another' }, { host: 'another', bootId: 'another' }]

  it.each(elsewhere)('is taken over after 30 s of silence, not before: %j', async (other) => {
    const clock = manualClock()
    await writeLock({ ...(await identityOf(process.pid)), ...other, pid: 1, startedAt: '1' })
    const waits: number[] = []
    const start = lockStateDir(dir, { clock, onWait: (_holder, maxMs) => waits.push(maxMs) })
    const before = clock.monotonic()
    const lock = await passing(clock, start)
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(30_000)
    expect(waits).toEqual([30_000])
    await lock.release()
    expect(await readdir(dir)).toEqual([])
  })

  it('is refused at its first sign of life, whatever the time of its clock', async () => {
    const clock = manualClock()
    await writeLock({ ...(await identityOf(process.pid)), host: 'another', pid: 77 })
    let beat = 0
    const touch = async (): Promise<void> => {
      beat += 1
      if (beat > 5) await utimes(join(dir, LOCK_FILE), beat, beat)
    }
    await expect(passing(clock, lockStateDir(dir, { clock }), touch)).rejects.toMatchObject({
      code: 'STATE_LOCKED',
      message: expect.stringContaining('77 of another') as string,
    })
    // A look takes several steps on a slow disk.
    expect(beat).toBeLessThan(300)
  })

  it('is free as soon as the holder releases it', async () => {
    const clock = manualClock()
    await writeLock({ ...(await identityOf(process.pid)), host: 'another' })
    const free = (): Promise<void> => rm(join(dir, LOCK_FILE), { force: true })
    const before = clock.monotonic()
    const lock = await passing(clock, lockStateDir(dir, { clock }), free)
    expect(clock.monotonic() - before).toBeLessThan(30_000)
    await lock.release()
  })

  it('ends the wait when told to stop', async () => {
    await writeLock({ ...(await identityOf(process.pid)), host: 'another' })
    await expect(
      lockStateDir(dir, { clock: manualClock(), signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'STATE_LOCKED' })
  })

  it.runIf(namespacesWork())('holds between containers while the holder lives, and no longer', async () => {
    const { child, said } = await startHolder(NAMESPACE)
    expect(said).toBe('held')
    await expect(lockStateDir(dir)).rejects.toMatchObject({ code: 'STATE_LOCKED' })
    const other = await startHolder(NAMESPACE)
    expect(other.said).toBe('STATE_LOCKED')
    await kill(child)
    const clock = manualClock()
    const lock = await passing(clock, lockStateDir(dir, { clock }))
    expect(await readdir(dir)).toEqual([LOCK_FILE])
    await lock.release()
  })
})
