import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readTextFile } from '../../config/files.ts'
import type { Access, Wanted } from './access.ts'

const MAX_BYTES = 4 * 1024 ** 2

/** `0640 wazuh:wazuh`; numbers where there are no names. Undefined when it may not be looked at. */
export async function rightsOf(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return undefined
  const owner = (await nameIn('/etc/passwd', found.uid)) ?? String(found.uid)
  const group = (await nameIn('/etc/group', found.gid)) ?? String(found.gid)
  return `${modeText(found.mode)} ${owner}:${group}`
}

export function modeText(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0')
}

export async function groupOf(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found && ((await nameIn('/etc/group', found.gid)) ?? String(found.gid))
}

async function nameIn(file: string, id: number): Promise<string | undefined> {
  const lines = (await readTextFile(file, MAX_BYTES).catch(() => '')).split('\n')
  return lines.find((line) => line.split(':')[2] === String(id))?.split(':')[0]
}

/** Every folder above a path, the top first. */
function foldersAbove(path: string): readonly string[] {
  const above = dirname(path)
  return above === path ? [] : [...foldersAbove(above), above]
}

/** The first thing on the way to a path that the user may not enter; else the path itself. */
export async function blockedAt(path: string, access: Access, signal: AbortSignal): Promise<string> {
  const folders = foldersAbove(path)
  const refusals = await access.may(
    folders.map((folder): Wanted => ({ path: folder, want: 'run' })),
    signal,
  )
  return folders.find((_, at) => refusals[at] === 'EACCES' || refusals[at] === 'EPERM') ?? path
}

/** How the user of Tripline comes into a group: the line for a shell, and the one for the unit. */
export function joinGroup(user: string, group: string): string {
  return `usermod -aG ${group} ${user}, then systemctl restart tripline; or SupplementaryGroups=${group} in its unit (systemctl edit tripline).`
}
