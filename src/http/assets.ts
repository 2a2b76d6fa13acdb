import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname } from 'node:path'

/** A file of the page, in memory: there are few, and none is larger than 60 kB. */
export interface Asset {
  readonly type: string
  readonly body: Buffer
  readonly etag: string
}

/** What of a folder is served; source maps and declarations are not. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
])

/** The files of the page by their paths, as the build has put them into a folder; none where there was no build. */
export async function readAssets(folder: URL): Promise<ReadonlyMap<string, Asset>> {
  const names = await readdir(folder).catch(() => [])
  const read = await Promise.all(
    names.map(async (name) => {
      const type = TYPES.get(extname(name))
      if (type === undefined) return []
      const body = await readFile(new URL(name, folder))
      return [[name === 'index.html' ? '/' : `/${name}`, assetOf(type, body)] as const]
    }),
  )
  return new Map(read.flat())
}

function assetOf(type: string, body: Buffer): Asset {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { type, body, etag }
}
