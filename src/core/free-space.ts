import { statfsSync } from 'node:fs'

/** Bytes that can still be written to the disk a folder is on; Infinity when the system does not tell. About 1 µs. */
export function freeBytes(folder: string): number {
  try {
    const { blocks, bavail, bsize } = statfsSync(folder)
    return blocks === 0 ? Infinity : bavail * bsize
  } catch {
    return Infinity
  }
}
