import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errorText, systemErrorCode } from '../../core/errors.ts'
import { readListFile } from './list-file.ts'
import type { WarningList } from './list.ts'

/** What a folder of lists holds. */
export interface ListFolder {
  readonly path: string
  readonly lists: readonly WarningList[]
  /** Files that cannot be used, and why. */
  readonly failed: readonly FailedFile[]
  /** The folder itself cannot be used. */
  readonly problem?: string
}

export interface FailedFile {
  readonly path: string
  readonly problem: string
}

/**
 * Reads `<folder>/<name>/list.json`, as the public collection has them below `lists`, and `<folder>/*.json`. JSON of other kinds
 * is passed over. One file at a time: the largest takes some 100 MB while it is read.
 */
export async function readListFolder(path: string, signal: AbortSignal): Promise<ListFolder> {
  let files: readonly ListFile[]
  try {
    files = await listFiles(path)
  } catch (error) {
    const problem =
      systemErrorCode(error) === 'ENOENT' ? 'It is not there' : `It cannot be listed: ${errorText(error)}`
    return { path, lists: [], failed: [], problem }
  }
  const lists: WarningList[] = []
  const failed: FailedFile[] = []
  for (const file of files) {
    signal.throwIfAborted()
    const end = await readListFile(file.path, { folder: file.name }, signal)
    if (end.kind === 'list') lists.push(end.list)
    // Of a folder with a `list.json` nothing else is expected than a list.
    else if (end.kind === 'failed' || file.isCertain) failed.push({ path: file.path, problem: end.problem })
  }
  return { path, lists, failed }
}

interface ListFile {
  readonly path: string
  readonly name: string
  readonly isCertain: boolean
}

async function listFiles(folder: string): Promise<readonly ListFile[]> {
  const files: ListFile[] = []
  for (const name of (await readdir(folder)).toSorted()) {
    const path = join(folder, name)
    const inside = join(path, 'list.json')
    if (name.startsWith('.')) continue
    if (await isFile(inside)) files.push({ path: inside, name, isCertain: true })
    else if (name.endsWith('.json') && (await isFile(path)))
      files.push({ path, name: name.slice(0, -'.json'.length), isCertain: false })
  }
  return files
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  )
}
