import { open } from 'node:fs/promises'

/** Resolves when the names in a folder are on the disk: a rename outlives a power failure only then (fsync(2)). */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
