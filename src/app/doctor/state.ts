import { mkdtemp, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { lmdbFileProblem } from '../../core/lmdb-file.ts'
import { systemErrorCode } from '../../core/errors.ts'
import { letterFiles } from '../../sinks/dead-letters/letter-files.ts'
import { tryReading } from '../../store/lmdb/trial.ts'
import { ownAccess, type Access } from './access.ts'
import { configured, type ConfiguredContext } from './context.ts'
import { isUsed, whoUses } from './daemon.ts'
import { isNetwork, mountOf } from './mounts.ts'
import { modeText, rightsOf } from './ownership.ts'
import { fail, ok, skipped, warn, type Result, type Results } from './result.ts'
import type { Unit } from './unit.ts'
import { bytesText } from './words.ts'

/** A folder that Tripline writes to: it is there and may be written to, or it can be made. */
export async function writableFolder(
  folder: string,
  { access, unit }: { readonly access: Access; readonly unit: Unit | undefined },
  signal: AbortSignal,
): Promise<Result> {
  const existing = await nearest(folder)
  const [refusal] = await access.may([{ path: existing, want: 'make' }], signal)
  const { user } = access
  const isThere = existing === folder
  if (refusal === undefined && isClosed(folder, user, unit))
    return fail(
      'the unit lets the service write to its own folders only (ProtectSystem=strict), and this is none of them',
      `ReadWritePaths=${folder} by systemctl edit tripline, then systemctl restart tripline.`,
      folder,
    )
  if (refusal === undefined)
    return ok(isThere ? `writable by user ${user}` : `will be made in ${existing}`, folder)
  const madeBySystemd = unit?.folders.find((made) => folder === made || folder.startsWith(`${made}/`))
  if (!isThere && madeBySystemd !== undefined)
    return warn(
      'is not there yet: systemd makes it when the service starts',
      'systemctl start tripline',
      folder,
    )
  if (isThere && (await isOfOthers(folder)))
    return skipped(
      `user ${user} may not write to it, and it is another user's: root looks for that one`,
      folder,
    )
  const rights = (await rightsOf(existing)) ?? 'closed'
  const seen = isThere
    ? `user ${user} may not write to it (${refusal}, ${rights})`
    : `is not there, and user ${user} may not make it in ${existing} (${refusal}, ${rights})`
  return fail(seen, `install -d -o ${user} -g ${user} -m 0750 ${folder}`, folder)
}

/** Of the service alone: a unit says nothing about who starts Tripline by hand. */
function isClosed(folder: string, user: string, unit: Unit | undefined): boolean {
  if (unit?.writable === undefined || unit.user !== user) return false
  return !unit.writable.some((each) => folder === each || folder.startsWith(`${each}/`))
}

/** Who is not root, and not its owner, is not to take it over. */
async function isOfOthers(folder: string): Promise<boolean> {
  const own = process.geteuid?.()
  const found = await stat(folder).catch(() => undefined)
  return own !== 0 && found !== undefined && found.uid !== own && found.uid !== 0
}

export async function nearest(folder: string): Promise<string> {
  const isThere = await stat(folder).then(
    () => true,
    (error: unknown) => !['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? ''),
  )
  return isThere || dirname(folder) === folder ? folder : nearest(dirname(folder))
}

/** The state directory: owner, mode, and what it lies on. */
export const lookAtStateDir = configured(async (context, signal) => {
  const { stateDir } = context.config
  const writable = await writableFolder(stateDir, context, signal)
  const found = await stat(stateDir).catch(() => undefined)
  if (found === undefined) return [writable]
  if (!found.isDirectory()) return [fail('is no folder', 'Set `stateDir` to a folder of its own.', stateDir)]
  const more: Result[] = []
  if ((found.mode & 0o006) !== 0)
    more.push(
      warn(
        `every user of this machine may look into it (${modeText(found.mode)}): alerts wait there`,
        `chmod 0750 ${stateDir}; with the source spool 0751`,
        stateDir,
      ),
    )
  const mount = await mountOf(stateDir)
  if (mount !== undefined && isNetwork(mount))
    more.push(
      fail(
        `lies on ${mount.type}, a network file system: the state store and its lock need a local disk`,
        'Set `stateDir` to a folder on a local disk.',
        stateDir,
      ),
    )
  return [writable, ...more]
})

/** The state store: read to its end by another process, and only while nobody uses it. */
export const lookAtStore = configured(async (context, signal) => {
  const { config } = context
  const path = join(config.stateDir, 'state.lmdb')
  if (config.store.type === 'memory') return [skipped('the store is in memory only')]
  if (isUsed(await whoUses(context)))
    return [skipped('the daemon has it open, and tells of its troubles itself', path)]
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return [skipped('is not there yet, or may not be looked at', path)]
  const [closed] = await ownAccess().may([{ path, want: 'read' }], signal)
  if (closed !== undefined) return [skipped(`may not be read by who looks (${closed})`, path)]
  const problem = await lmdbFileProblem(path)
  if (problem !== undefined)
    return [fail(problem, 'Move the file away: Tripline begins a new one and may repeat some matches.', path)]
  return readWhole(path, found.size, signal)
})

/** Through a link elsewhere: LMDB makes its lock beside the name it is given, and nothing of the daemon's is touched. */
async function readWhole(path: string, size: number, signal: AbortSignal): Promise<Results> {
  const folder = await mkdtemp(join(tmpdir(), 'tripline-doctor-'))
  try {
    const link = join(folder, 'state.lmdb')
    await symlink(path, link)
    const end = await tryReading(link, signal)
    if (end === 'read') return [ok(`reads well, ${bytesText(size)}`, path)]
    if (end === 'stopped') return [skipped('reading it takes too long', path)]
    return [
      fail(
        'is damaged: LMDB cannot read it',
        'Move it away with its -lock: Tripline begins a new one; alerts that waited in it are lost.',
        path,
      ),
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What could never be delivered. */
export const lookAtDeadLetters = configured(async ({ config }: ConfiguredContext) => {
  const folder = join(config.stateDir, 'dead-letters')
  try {
    const files = await letterFiles(folder)
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    if (bytes === 0) return [ok('none', folder)]
    return [
      warn(
        `${bytesText(bytes)} of alerts and matches lie there that could not be worked on or delivered`,
        'Each line says its reason; `tripline scan` takes the files. Remove them when you are done.',
        folder,
      ),
    ]
  } catch (error) {
    const code = systemErrorCode(error)
    return [
      code === 'ENOENT' ? ok('none', folder) : skipped(`cannot be listed (${code ?? 'unknown'})`, folder),
    ]
  }
})
