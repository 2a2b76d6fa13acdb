import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Schemas, documents and answers of real releases, beside the checkout on the machines that have them. */
const FOLDER = join(import.meta.dirname, '../../../../shared/data/opencti')

export const recordingPresent = existsSync(FOLDER)

export function recorded(path: string): string {
  return readFileSync(join(FOLDER, path), 'utf8')
}

export function recordedJson(path: string): unknown {
  return JSON.parse(recorded(path)) as unknown
}
