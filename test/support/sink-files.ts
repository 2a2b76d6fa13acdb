import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { openLogFile, type LogFile } from '../../src/sinks/log-file.ts'

/** A fresh folder, removed afterwards. */
export async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tripline-sinks-'))
  try {
    await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Every file of the folder with its text, decompressed. */
export async function textsOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(folder)).toSorted()
  const texts = names.map(async (name) => {
    const data = await readFile(join(folder, name))
    return [name, (name.endsWith('.gz') ? gunzipSync(data) : data).toString()] as const
  })
  return Object.fromEntries(await Promise.all(texts))
}

/** What the next operations on the file do: each is used up by one call. */
export interface Faults {
  /** The next write takes this many bytes, the one after it none but this error. */
  write?: { readonly after: number; readonly code: string } | undefined
  /** The next writes take at most this many bytes each, without an error. */
  shortWrites?: number | undefined
  truncate?: string | undefined
  sync?: string | undefined
  open?: string | undefined
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: planted`), { code })
}

/** Opens real files that fail when told to. */
export interface FaultyFiles {
  readonly faults: Faults
  readonly open: (path: string) => Promise<LogFile>
}

export function faultyFiles(): FaultyFiles {
  const faults: Faults = {}
  const take = (key: 'truncate' | 'sync' | 'open'): void => {
    const code = faults[key]
    faults[key] = undefined
    if (code !== undefined) throw systemError(code)
  }
  return {
    faults,
    open: async (path) => {
      take('open')
      const file = await openLogFile(path)
      return {
        ...file,
        write: async (data, offset) => {
          const fault = faults.write
          if (fault === undefined) {
            const end = faults.shortWrites === undefined ? data.length : offset + faults.shortWrites
            return file.write(data.subarray(0, end), offset)
          }
          const left = Math.min(fault.after, data.length - offset)
          if (left > 0) {
            faults.write = { after: fault.after - left, code: fault.code }
            return file.write(data.subarray(0, offset + left), offset)
          }
          faults.write = undefined
          throw systemError(fault.code)
        },
        truncate: async (bytes) => {
          take('truncate')
          await file.truncate(bytes)
        },
        sync: async () => {
          take('sync')
          await file.sync()
        },
      }
    },
  }
}
