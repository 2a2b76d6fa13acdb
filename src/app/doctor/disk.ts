import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { tmpdir } from 'node:os'
import { configured } from './context.ts'
import { fail, ok, skipped, warn, type Result } from './result.ts'
import { outputPaths } from './outputs.ts'
import { nearest } from './state.ts'
import { bytesText } from './words.ts'

const FEW_BYTES = 16 * 1024 ** 2
const SOME_BYTES = 512 * 1024 ** 2
const SOME_FILES = 1000

/** Room for state, outputs and the temporary folder, in bytes and in files. */
export const lookAtDisk = configured(async ({ config }) => {
  const folders = [config.stateDir, ...outputPaths(config).map(({ path }) => dirname(path)), tmpdir()]
  return Promise.all([...new Set(folders)].map(roomIn))
})

async function roomIn(folder: string): Promise<Result> {
  const at = await nearest(folder)
  const found = await statfs(at).catch(() => undefined)
  if (found === undefined || found.blocks === 0) return skipped('the system does not tell', folder)
  const free = found.bavail * found.bsize
  return judgeRoom(folder, { free, files: found.files === 0 ? undefined : found.ffree })
}

interface Room {
  readonly free: number
  /** Inodes; undefined on file systems without a fixed number. */
  readonly files: number | undefined
}

export function judgeRoom(folder: string, { free, files }: Room): Result {
  const seen = `${bytesText(free)} free${files === undefined ? '' : `, ${files.toLocaleString('en')} inodes`}`
  const todo = 'Free space on its disk, or set another folder: at the end of it reading waits.'
  if (free < FEW_BYTES || files === 0) return fail(seen, todo, folder)
  if (free < SOME_BYTES || (files !== undefined && files < SOME_FILES)) return warn(seen, todo, folder)
  return ok(seen, folder)
}
