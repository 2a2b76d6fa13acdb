import { opendir } from 'node:fs/promises'

/** Names read from the folder at a time. */
const BUFFERED = 1024

export interface Listing {
  /** The first ones by name, in order, at most as many as asked for. */
  readonly names: readonly string[]
  /** All that are there. */
  readonly total: number
}

/**
 * The first `limit` files of a folder by name, without those that are skipped and hidden ones. Holds at most twice as many names,
 * however many there are. Rejects with a system error.
 */
export async function listFirst(
  folder: string,
  limit: number,
  isSkipped: (name: string) => boolean,
): Promise<Listing> {
  let names: string[] = []
  let total = 0
  for await (const { name } of await opendir(folder, { bufferSize: BUFFERED })) {
    if (name.startsWith('.')) continue
    total += 1
    if (isSkipped(name)) continue
    names.push(name)
    if (names.length >= 2 * limit) names = names.toSorted().slice(0, limit)
  }
  return { names: names.toSorted().slice(0, limit), total }
}
