import { createHash, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock, type Clock } from '../core/clock.ts'
import { AppError, systemErrorCode } from '../core/errors.ts'
import { hearsBeat, SILENCE_MS, startHeartbeat, type ListenOptions } from './heartbeat.ts'
import { identityOf, isElsewhere, isRunning, type ProcessIdentity } from './process-identity.ts'
import { parseLock } from './schema.ts'

export interface StateLock {
  /** Gives the directory free. May be called again. */
  release(): Promise<void>
}

/** The file in the state directory that says who uses it. */
export const LOCK_FILE = 'daemon.lock'

export interface LockOptions {
  readonly clock?: Clock
  /** Ends the waiting for a holder elsewhere: STATE_LOCKED then. */
  readonly signal?: AbortSignal
  /** Called when a holder elsewhere is listened for, with the longest time that takes. */
  readonly onWait?: (holder: ProcessIdentity, maxMs: number) => void
  readonly heartbeatMs?: number
}

/** Rounds of «the lock changed while I looked»; more means something else keeps writing it. */
const MAX_ROUNDS = 100

interface Contender {
  /** What the lock file holds while it is ours: one line of JSON, unlike any other. */
  readonly text: string
  /** Where a file with that text is written before it becomes a lock, so that a lock is never seen half-written. */
  readonly draft: string
  readonly dir: string
  readonly identity: ProcessIdentity
  readonly listen: ListenOptions
  readonly onWait: LockOptions['onWait']
}

/**
 * Takes the state directory for this process; creates it (mode 0750). Rejects with STATE_LOCKED while another process
 * holds it, STATE_UNWRITABLE when it cannot be written. A lock whose process is gone is taken over: at once when that
 * can be seen, else (a container, another machine) after half a minute without a sign of life.
 */
export async function lockStateDir(dir: string, options: LockOptions = {}): Promise<StateLock> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o750 })
    const identity = await identityOf(process.pid)
    const token = randomUUID()
    const text = `${JSON.stringify({ ...identity, token })}\n`
    const draft = join(dir, `${LOCK_FILE}.${token}.new`)
    const listen = { clock: options.clock ?? systemClock, signal: options.signal }
    const path = join(dir, LOCK_FILE)
    await acquire(path, { text, dir, draft, identity, listen, onWait: options.onWait })
    const stopBeating = startHeartbeat(path, () => holds(path, text), options.heartbeatMs)
    return {
      release: () => {
        stopBeating()
        return release(path, text)
      },
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('STATE_UNWRITABLE', `The state directory ${dir} cannot be written`, {
      cause: error,
      hint: 'Create it, or give it to the user Tripline runs as (mode 0750 is enough), or free space on its disk.',
    })
  }
}

async function acquire(path: string, contender: Contender): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (await linkAs(path, contender)) return
    const text = await textOf(path)
    if (text === undefined) continue
    const holder = parseLock(text)
    if (holder === undefined || !(await isAlive(holder, path, contender))) {
      if (await takeOver(path, text, contender)) return
    } else if (await holds(path, text)) throw lockedBy(holder, contender)
  }
  throw new AppError('STATE_UNWRITABLE', `The lock ${path} keeps changing`)
}

/** A process elsewhere cannot be seen, but its heartbeat can. */
function isAlive(
  holder: ProcessIdentity,
  path: string,
  { identity, listen, onWait }: Contender,
): Promise<boolean> {
  if (!isElsewhere(holder, identity)) return isRunning(holder)
  onWait?.(holder, SILENCE_MS)
  return hearsBeat(path, listen)
}

/**
 * Replaces a dead holder's lock. Two starters may both have found it dead, and the slower one must not throw out the
 * lock the faster one has just got: so the right to replace it is itself a lock, named after the dead holder. The
 * look at the lock comes after that right was won, and the right is given back only after the replacement.
 */
async function takeOver(path: string, deadText: string, contender: Contender): Promise<boolean> {
  const digest = createHash('sha256').update(deadText).digest('hex').slice(0, 16)
  const right = join(contender.dir, `${LOCK_FILE}.${digest}.takeover`)
  await acquire(right, contender)
  try {
    if (!(await holds(path, deadText))) return false
    await writeFile(contender.draft, contender.text, { mode: 0o640 })
    await rename(contender.draft, path)
    return true
  } finally {
    await release(right, contender.text)
  }
}

/** link(2) is atomic and refuses an existing name: of several callers one succeeds, and its file is whole. */
async function linkAs(path: string, { draft, text }: Contender): Promise<boolean> {
  try {
    await writeFile(draft, text, { mode: 0o640 })
    await link(draft, path)
    return true
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false
    throw error
  } finally {
    // Never written again under this name: it would be seen half-written under the other one.
    await rm(draft, { force: true })
  }
}

async function release(path: string, text: string): Promise<void> {
  if (await holds(path, text)) await rm(path, { force: true })
}

async function holds(path: string, text: string): Promise<boolean> {
  return (await textOf(path)) === text
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function lockedBy(holder: ProcessIdentity, { dir, identity }: Contender): AppError {
  const where = isElsewhere(holder, identity) ? `${holder.pid} of ${holder.host}` : `${holder.pid}`
  return new AppError('STATE_LOCKED', `The state directory ${dir} is in use by process ${where}`, {
    hint: `Stop process ${where} first, or give this one a state directory of its own.`,
  })
}
