import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { systemErrorCode } from '../../core/errors.ts'

export interface SpoolFolders {
  readonly dir: string
  /** Half-written files. */
  readonly tmp: string
  /** Whole files, to be read. */
  readonly fresh: string
  /** Files that are no alerts. */
  readonly failed: string
}

/** Set-group-ID: what is made in the folder belongs to its group, so that its writers and the daemon can share it. */
const SETGID = 0o2000
/** Entered by the group, and by nobody else. */
const GROUP_MAY_ENTER = 0o750
const GROUP_MAY_WRITE = 0o770

export function spoolFolders(dir: string): SpoolFolders {
  return { dir, tmp: join(dir, 'tmp'), fresh: join(dir, 'new'), failed: join(dir, 'failed') }
}

/** Makes what is missing; the modes of what is there are left to whoever set them. Rejects with a system error. */
export async function prepareSpool({ dir, tmp, fresh, failed }: SpoolFolders): Promise<void> {
  const made = await mkdir(dir, { recursive: true, mode: GROUP_MAY_ENTER })
  if (made !== undefined) await setMode(dir, GROUP_MAY_ENTER)
  await makeFolder(tmp, GROUP_MAY_WRITE)
  await makeFolder(fresh, GROUP_MAY_WRITE)
  await makeFolder(failed, GROUP_MAY_ENTER)
}

async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode })
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return
    throw error
  }
  await setMode(path, mode)
}

/** Whatever the umask says. systemd's RestrictSUIDSGID refuses the set-group-ID bit: then it goes without. */
async function setMode(path: string, mode: number): Promise<void> {
  try {
    await chmod(path, SETGID | mode)
  } catch (error) {
    if (systemErrorCode(error) !== 'EPERM') throw error
    await chmod(path, mode)
  }
}
