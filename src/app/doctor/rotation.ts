import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { readTextFile } from '../../config/files.ts'
import { errorText, systemErrorCode } from '../../core/errors.ts'
import { newestFirst, type DatedFile } from '../../sources/wazuh-file/dated-files.ts'
import { layoutOf } from '../../sources/wazuh-file/layout.ts'
import { eachAlertFile } from './alert-files.ts'
import { identityOf } from './alert-lines.ts'
import { groupOf, joinGroup } from './ownership.ts'
import { fail, ok, skipped, warn, type Results } from './result.ts'
import { countText } from './words.ts'

/** Dated files that are listed, and those of them that are tried. */
const LISTED = 1000
const TRIED = 10

/** Whether the files that Wazuh has rotated can be read: what was not read before midnight is in them. */
export const lookAtRotation = eachAlertFile(async (file, { access }, signal): Promise<Results> => {
  const copies = await copyTruncated(file)
  const layout = await layoutOf(file)
  if (layout === undefined) return [...copies, skipped('not named as Wazuh names alert files', file)]
  let dated: readonly DatedFile[]
  try {
    dated = await newestFirst(layout, LISTED)
  } catch (error) {
    return [
      ...copies,
      skipped(`the dated files cannot be listed (${systemErrorCode(error) ?? errorText(error)})`, file),
    ]
  }
  const tried = dated.slice(0, TRIED).map(({ path }) => path)
  const refusals = await access.may(
    tried.map((path) => ({ path, want: 'read' })),
    signal,
  )
  const at = refusals.findIndex((refusal) => refusal !== undefined)
  const closed = tried[at]
  if (closed !== undefined) {
    const group = (await groupOf(closed)) ?? 'wazuh'
    const seen = `user ${access.user} may not read the rotated file ${closed} (${refusals[at] ?? ''})`
    return [...copies, fail(seen, joinGroup(access.user, group), file)]
  }
  return [...copies, ...(await seenIn(file, dated))]
})

async function seenIn(file: string, dated: readonly DatedFile[]): Promise<Results> {
  const own = await identityOf(file)
  if (own === undefined) return [skipped('is not there', file)]
  if (dated.length === 0 || !(await isLinked(own.ino, dated)))
    return [
      warn(
        'it is no link to a dated file (YYYY/Mon/…-DD.json): a copy, or rotated by something else than Wazuh',
        `Follow the file that Wazuh writes; what else renames or empties it must stop (look into /etc/logrotate.d).`,
        file,
      ),
    ]
  const oldest = dated.at(-1)?.key.slice(0, 10) ?? ''
  if (dated.length === 1) return [ok(`linked to the first dated file, of ${oldest}: no rotation yet`, file)]
  return [
    ok(
      `rotation seen: ${countText(dated.length, 'dated file')} since ${oldest}, the newest are readable`,
      file,
    ),
  ]
}

async function isLinked(ino: string, dated: readonly DatedFile[]): Promise<boolean> {
  for (const { path } of dated.slice(0, TRIED)) if ((await identityOf(path))?.ino === ino) return true
  return false
}

const LOGROTATE = '/etc/logrotate.d'
const MAX_BYTES = 256 * 1024

/** What comes between copy and truncation is lost to every reader. */
export async function copyTruncated(file: string, folder = LOGROTATE): Promise<Results> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    const path = join(folder, name)
    if (!(await stat(path).catch(() => undefined))?.isFile()) continue
    const text = (await readTextFile(path, MAX_BYTES).catch(() => '')).replaceAll(/#.*$/gm, '')
    const isMeant = text.includes(file) || text.includes(join(dirname(file), `*${basename(file).slice(-5)}`))
    if (isMeant && /^\s*copytruncate\b/m.test(text))
      return [
        fail(
          `${path} empties it with copytruncate: alerts in between are lost`,
          `Take it out of ${path}: Wazuh rotates it by itself.`,
          file,
        ),
      ]
  }
  return []
}
