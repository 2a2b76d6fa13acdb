import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../config/schema.ts'
import { isDenied } from '../../sources/spool/alert-file.ts'
import { spoolConfig } from '../../sources/spool/config.ts'
import { listFirst } from '../../sources/spool/list.ts'
import { MARKER } from '../../sources/spool/served.ts'
import { checkWritable, GROUP_HINT } from './files.ts'
import type { Finding } from './finding.ts'

const S_IWGRP = 0o020
/** Of the files that wait, how many are looked at. */
const SAMPLE = 100

/** The folder of a spool: whether Tripline may use it and read what is in it, and whether its group may write alerts. */
export async function checkSpool(subject: string, dir: string): Promise<Finding> {
  const fresh = join(dir, 'new')
  const mode = await stat(fresh).then(
    (found) => found.mode,
    () => undefined,
  )
  if (mode === undefined) return checkWritable(subject, fresh)
  if ((mode & S_IWGRP) === 0) {
    const hint = `Wazuh's integrations run as user and group wazuh: chgrp wazuh and chmod 2770 ${fresh} and ${join(dir, 'tmp')}`
    return { level: 'warning', subject, text: `the group of ${fresh} may not write to it`, hint }
  }
  const unreadable = await firstUnreadable(fresh)
  if (unreadable === undefined) return checkWritable(subject, fresh)
  return { level: 'error', subject, text: `no permission to read ${unreadable}`, hint: GROUP_HINT }
}

async function firstUnreadable(fresh: string): Promise<string | undefined> {
  // A folder that cannot be listed is none that can be written to.
  const { names } = await listFirst(fresh, SAMPLE, () => false).catch(() => ({ names: [] }))
  for (const name of names) {
    const path = join(fresh, name)
    try {
      await (await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)).close()
    } catch (error) {
      if (isDenied(error)) return path
    }
  }
  return undefined
}

/** Folders that scripts go on writing to, as a daemon has left its mark there, and that no source reads. */
export async function checkLeftSpools(config: Config): Promise<readonly Finding[]> {
  const read = Object.values(config.sources).flatMap((source) =>
    source.type === 'spool' ? [source.dir] : [],
  )
  const usual = new Set([spoolConfig.parse({ type: 'spool' }).dir, join(config.stateDir, 'spool')])
  const left: Finding[] = []
  for (const dir of usual) {
    if (read.includes(dir) || !(await isThere(join(dir, MARKER)))) continue
    const hint = `Add a source of type spool, or take the scripts out of Wazuh and remove the folder (${join(dir, 'new')} may hold alerts).`
    left.push({
      level: 'warning',
      subject: dir,
      text: 'scripts may leave alerts here, and no source reads them',
      hint,
    })
  }
  return left
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
