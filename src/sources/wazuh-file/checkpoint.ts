import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { errorText, systemErrorCode } from '../../core/errors.ts'
import { parseJson } from '../../core/json.ts'
import { syncFolder } from '../../core/sync-folder.ts'
import type { SourceEvents } from '../../telemetry/events/source.ts'
import { emptyRecord } from './record.ts'
import { checkpoint, fileRecord, type FileRecord } from './schema.ts'

export function checkpointPath(stateDir: string, id: string): string {
  return join(stateDir, 'checkpoints', `${encodeURIComponent(id)}.json`)
}

/** What is known of the followed files; a path without an entry was never seen. */
export type Records = ReadonlyMap<string, FileRecord>

/**
 * Reads a checkpoint. Never throws: one that is torn, of another version or unreadable is reported, and its files are
 * then taken from their beginning, since the end could skip alerts.
 */
export async function loadCheckpoint(
  path: string,
  files: readonly string[],
  events: SourceEvents,
): Promise<Records> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return new Map()
    events.checkpointDamaged(path, errorText(error))
    return fromBeginning(files)
  }
  const parsed = checkpoint.safeParse(parseJson(text))
  if (!parsed.success) {
    events.checkpointDamaged(path, z.prettifyError(parsed.error))
    return fromBeginning(files)
  }
  return recordsOf(parsed.data.files, { path, files, events })
}

interface Loading {
  readonly path: string
  readonly files: readonly string[]
  readonly events: SourceEvents
}

function recordsOf(entries: readonly unknown[], { path, files, events }: Loading): Records {
  const records = new Map<string, FileRecord>()
  let damaged = false
  for (const entry of entries) {
    const parsed = fileRecord.safeParse(entry)
    if (parsed.success) records.set(parsed.data.path, parsed.data)
    else {
      damaged = true
      events.checkpointDamaged(path, z.prettifyError(parsed.error))
    }
  }
  // A damaged entry may have been for any of the files that have none now.
  return damaged ? new Map([...fromBeginning(files), ...records]) : records
}

function fromBeginning(files: readonly string[]): Records {
  return new Map(files.map((file) => [file, emptyRecord(file)]))
}

/** Replaces the checkpoint as a whole: after a crash at any moment there is the old one or the new one. */
export async function saveCheckpoint(path: string, records: readonly FileRecord[]): Promise<void> {
  const temporary = `${path}.tmp`
  const made = await mkdir(dirname(path), { recursive: true, mode: 0o750 })
  if (made !== undefined) await syncFolder(dirname(made))
  const handle = await open(temporary, 'w', 0o640)
  try {
    await handle.writeFile(`${JSON.stringify({ version: 1, files: records })}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, path)
  await syncFolder(dirname(path))
}
