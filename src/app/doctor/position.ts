import { stat } from 'node:fs/promises'
import { readTextFile } from '../../config/files.ts'
import { systemErrorCode } from '../../core/errors.ts'
import { parseJson } from '../../core/json.ts'
import { checkpointPath } from '../../sources/wazuh-file/checkpoint.ts'
import { checkpoint, fileRecord, type FileRecord } from '../../sources/wazuh-file/schema.ts'
import { identityOf } from './alert-lines.ts'
import { configured, type ConfiguredContext } from './context.ts'
import { isUsed, whoUses } from './daemon.ts'
import { fail, ok, skipped, warn, type Result, type Results } from './result.ts'
import { agoText, bytesText } from './words.ts'

/** The daemon writes it every second while it moves. */
const STILL_MS = 120_000
/** Of a checkpoint: some files, each with the last ones read. */
const MAX_BYTES = 4 * 1024 ** 2
/** Some seconds of a large manager. */
const MUCH_BYTES = 64 * 1024 ** 2

/** How far the alert files are worked on, by the positions that are saved. */
export const lookAtPosition = configured(async (context): Promise<Results> => {
  const results: Result[] = []
  for (const [id, source] of Object.entries(context.config.sources))
    if (source.type === 'wazuh-file') results.push(...(await positionsOf(id, source.files, context)))
  return results.length === 0 ? [skipped('no source follows a file')] : results
})

async function positionsOf(
  id: string,
  files: readonly string[],
  context: ConfiguredContext,
): Promise<readonly Result[]> {
  const path = checkpointPath(context.config.stateDir, id)
  try {
    const parsed = checkpoint.safeParse(parseJson(await readTextFile(path, MAX_BYTES))).data
    if (parsed === undefined)
      return [
        warn(
          'cannot be used: reading begins at the beginning of the file, with repeats and without a gap',
          'Look at the disk it lies on; the daemon writes a new one.',
          path,
        ),
      ]
    const records = parsed.files.flatMap((entry) => fileRecord.safeParse(entry).data ?? [])
    const ageMs = context.clock.now() - (await stat(path)).mtimeMs
    const runs = isUsed(await whoUses(context))
    return await Promise.all(
      [...new Set(files)].map((file) =>
        positionResult(
          file,
          records.find((record) => record.path === file),
          { ageMs, runs },
        ),
      ),
    )
  } catch (error) {
    const code = systemErrorCode(error)
    const why = code === 'ENOENT' ? 'nothing was read yet' : `may not be read (${code ?? 'unknown'})`
    return [skipped(why, path)]
  }
}

interface Saved {
  readonly ageMs: number
  readonly runs: boolean
}

async function positionResult(
  file: string,
  record: FileRecord | undefined,
  { ageMs, runs }: Saved,
): Promise<Result> {
  const { current = null } = record ?? {}
  const now = await identityOf(file)
  if (current === null || now === undefined) return skipped('nothing of it was read yet', file)
  const saved = `position saved ${agoText(ageMs)}`
  const isOther = now.ino !== current.ino
  const lag = isOther ? now.size : Math.max(0, now.size - current.offset)
  const left = isOther
    ? `reading is still in the file before it, ${bytesText(lag)} in this one wait`
    : `${bytesText(lag)} wait`
  if (!isOther && lag === 0) return ok(`read to its end, ${saved}`, file)
  if (!runs) return ok(`${left} for the daemon, ${saved}`, file)
  if (ageMs > STILL_MS && lag > 0)
    return fail(
      `${left}, and reading stands still: ${saved}`,
      'An output, the disk or a platform holds it up: journalctl -u tripline says which.',
      file,
    )
  if (lag < MUCH_BYTES) return ok(`${left}, ${saved}`, file)
  return warn(
    `${left}: reading lags behind`,
    'Look again in a minute; if it grows, look at the outputs and platforms.',
    file,
  )
}
