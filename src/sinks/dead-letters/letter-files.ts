import { createReadStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemErrorCode } from '../../core/errors.ts'

/** A file of dead letters; people may take it away at any time. */
export interface LetterFile {
  readonly number: number
  readonly path: string
  readonly bytes: number
}

const NAME = /^dead-letters-(\d{6,12})\.jsonl$/
const LINE_END = 0x0a

export function letterPath(folder: string, number: number): string {
  return join(folder, `dead-letters-${String(number).padStart(6, '0')}.jsonl`)
}

/** Oldest first. */
export async function letterFiles(folder: string): Promise<readonly LetterFile[]> {
  const numbers = (await readdir(folder)).flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number)
  const files: LetterFile[] = []
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const path = letterPath(folder, number)
    const bytes = await sizeOf(path)
    if (bytes !== undefined) files.push({ number, path, bytes })
  }
  return files
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

export async function countLetters({ path }: LetterFile): Promise<number> {
  let letters = 0
  for await (const chunk of createReadStream(path)) {
    if (!Buffer.isBuffer(chunk)) continue
    for (let at = chunk.indexOf(LINE_END); at >= 0; at = chunk.indexOf(LINE_END, at + 1)) letters += 1
  }
  return letters
}

/** When its first letter was written, in milliseconds since 1970; undefined when it does not say. */
export async function firstTime({ path }: LetterFile): Promise<number | undefined> {
  const file = await open(path, 'r').catch(() => undefined)
  try {
    const { buffer, bytesRead } = (await file?.read(Buffer.alloc(256), 0, 256, 0)) ?? {}
    const time = /"time":"([^"]{1,40})"/.exec(buffer?.toString('latin1', 0, bytesRead) ?? '')?.[1]
    const ms = time === undefined ? NaN : Date.parse(time)
    return Number.isNaN(ms) ? undefined : ms
  } finally {
    await file?.close()
  }
}
