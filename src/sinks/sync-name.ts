import { realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemErrorCode } from '../core/errors.ts'
import { syncFolder } from '../core/sync-folder.ts'

/** Moved away by hand meanwhile; a folder that may be written to, not listed; a file system that does not do it (fsync(2)). */
const NOT_TO_BE_HAD: readonly (string | undefined)[] = ['ENOENT', 'EACCES', 'EPERM', 'EINVAL']

/** Resolves when the name of a file is on the disk, as far as that can be had. Rejects with the system's error. */
export async function syncName(path: string): Promise<void> {
  try {
    await syncFolder(dirname(await realpath(path)))
  } catch (error) {
    if (!NOT_TO_BE_HAD.includes(systemErrorCode(error))) throw error
  }
}
