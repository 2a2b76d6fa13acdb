import { chownSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The user and group `nobody` of most systems; any number without rights will do. */
const NOBODY = 65_534
const IS_ROOT = process.geteuid?.() === 0

/** For `spawn`: the process may only do what its user may. Root may read and write everything; whoever else is as good as nobody. */
export const AS_NOBODY: { readonly uid?: number; readonly gid?: number } = IS_ROOT
  ? { uid: NOBODY, gid: NOBODY }
  : {}

/** Gives a folder and all in it to the user of `AS_NOBODY`. */
export function giveToNobody(folder: string): void {
  if (!IS_ROOT) return
  chownSync(folder, NOBODY, NOBODY)
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    chownSync(join(folder, entry), NOBODY, NOBODY)
}

/** Runs a work while this whole process may only do what `nobody` may. */
export async function asNobody<Result>(work: () => Promise<Result>): Promise<Result> {
  if (!IS_ROOT) return work()
  process.setegid?.(NOBODY)
  process.seteuid?.(NOBODY)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}
