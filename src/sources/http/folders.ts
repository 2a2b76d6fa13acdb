import { mkdir, opendir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError, errorText } from '../../core/errors.ts'
import { syncFolder } from '../../core/sync-folder.ts'
import { spoolFolders, type SpoolFolders } from '../spool/folders.ts'
import type { SpoolListing } from '../spool/reader.ts'
import { sequenceOf } from './backlog.ts'

/** Nobody else has to do with it. */
const MODE = 0o700

export function httpFolders(stateDir: string, id: string): SpoolFolders {
  return spoolFolders(join(stateDir, 'http', id))
}

/** Makes what is missing, so that it outlives a power failure. Rejects with a system error. */
export async function prepareFolders({ tmp, fresh, failed }: SpoolFolders): Promise<void> {
  for (const path of [tmp, fresh, failed]) {
    const first = await mkdir(path, { recursive: true, mode: MODE })
    if (first === undefined) continue
    for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
  }
}

/**
 * Prepares the folders for a process that has them alone: half-written files of an earlier one are removed, whole ones are told to
 * `listing`. Resolves with the highest sequence of a file that waits or was set aside, 0 for none. Rejects with STATE_UNWRITABLE.
 */
export async function openFolders(folders: SpoolFolders, listing: SpoolListing): Promise<number> {
  let highest = 0
  try {
    await prepareFolders(folders)
    for await (const { name } of await opendir(folders.tmp))
      await rm(join(folders.tmp, name), { recursive: true, force: true })
    for await (const { name } of await opendir(folders.fresh)) {
      listing.saw(name)
      highest = Math.max(highest, sequenceOf(name))
    }
    for await (const { name } of await opendir(folders.failed)) highest = Math.max(highest, sequenceOf(name))
  } catch (cause) {
    const hint = 'Give the folder to the user that runs Tripline.'
    const message = `stateDir: cannot use ${folders.dir} for alerts that come by HTTP: ${errorText(cause)}`
    throw new AppError('STATE_UNWRITABLE', message, { cause, hint })
  }
  listing.end()
  return highest
}
