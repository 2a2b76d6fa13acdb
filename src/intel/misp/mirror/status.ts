import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemErrorCode } from '../../../core/errors.ts'
import { parseStatus, type MirrorStatus } from './schema.ts'

export type { MirrorStatus }

/** `<stateDir>/intel-<provider>.json`: what a mirror says about itself, for other processes. */
function statusPath(stateDir: string, provider: string): string {
  return join(stateDir, `intel-${provider}.json`)
}

/** Readers see the old text or the new one. Rejects with the system's error. */
export async function writeStatus(stateDir: string, status: MirrorStatus): Promise<void> {
  const path = statusPath(stateDir, status.provider)
  const draft = `${path}.new`
  try {
    await writeFile(draft, `${JSON.stringify(status)}\n`, { mode: 0o640 })
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/** Undefined when there is none, or when it is not one of this version. Rejects with the system's error otherwise. */
export async function readStatus(stateDir: string, provider: string): Promise<MirrorStatus | undefined> {
  try {
    return parseStatus(await readFile(statusPath(stateDir, provider), 'utf8'))
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}
