import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJson } from '../../core/json.ts'
import { keptList } from './schema.ts'

/** Lists fetched from an instance, on the disk: what is used when it does not answer at the next start. */
export interface KeptLists {
  /** What is there and can be read; a damaged file is as good as none. */
  load(): AsyncIterable<KeptList>
  save(kept: KeptList): Promise<void>
  /** Forgets all lists but these. */
  retain(ids: ReadonlySet<string>): Promise<void>
}

export interface KeptList {
  readonly id: string
  /** Changes when the list does. */
  readonly key: string
  /** As the instance gave it. */
  readonly list: unknown
}

const SUFFIX = '.json'

/** One file a list, replaced as a whole. */
export function createKeptLists(folder: string): KeptLists {
  const names = async (): Promise<readonly string[]> => {
    const found = await readdir(folder).catch(() => [])
    return found.filter((name) => name.endsWith(SUFFIX)).toSorted()
  }
  return {
    load: async function* () {
      for (const name of await names()) {
        const text = await readFile(join(folder, name), 'utf8').catch(() => '')
        const read = keptList.safeParse(parseJson(text))
        if (read.success) yield { id: idOf(name), ...read.data }
      }
    },
    save: async ({ id, key, list }) => {
      const path = join(folder, nameOf(id))
      await mkdir(folder, { recursive: true, mode: 0o750 })
      const handle = await open(`${path}.tmp`, 'w', 0o640)
      try {
        await handle.writeFile(JSON.stringify({ key, list }))
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(`${path}.tmp`, path)
    },
    retain: async (ids) => {
      for (const name of await names())
        if (!ids.has(idOf(name))) await rm(join(folder, name), { force: true })
    },
  }
}

/** Ids come from a server: none leads out of the folder. */
function nameOf(id: string): string {
  return `${encodeURIComponent(id)}${SUFFIX}`
}

function idOf(name: string): string {
  try {
    return decodeURIComponent(name.slice(0, -SUFFIX.length))
  } catch {
    return ''
  }
}
