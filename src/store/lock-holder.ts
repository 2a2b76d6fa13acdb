import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemErrorCode } from '../core/errors.ts'
import { SILENCE_MS } from './heartbeat.ts'
import { identityOf, isElsewhere, isRunning, type ProcessIdentity } from './process-identity.ts'
import { parseLock } from './schema.ts'
import { LOCK_FILE } from './state-lock.ts'

/** Who uses a state directory. `elsewhere`: in another container or on another machine, by its heartbeat. */
export type LockHolder =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'running' | 'elsewhere' | 'gone'; readonly process: ProcessIdentity }

/** Only looks: takes nothing, waits for nothing. Rejects with the system's error when the lock may not be read. */
export async function lockHolder(dir: string, now: number): Promise<LockHolder> {
  const path = join(dir, LOCK_FILE)
  try {
    const holder = parseLock(await readFile(path, 'utf8'))
    if (holder === undefined) return { kind: 'nobody' }
    if (!isElsewhere(holder, await identityOf(process.pid)))
      return { kind: (await isRunning(holder)) ? 'running' : 'gone', process: holder }
    const { mtimeMs } = await stat(path)
    return { kind: now - mtimeMs < SILENCE_MS ? 'elsewhere' : 'gone', process: holder }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return { kind: 'nobody' }
    throw error
  }
}
