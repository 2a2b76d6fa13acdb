import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

/** A file of the page, in memory: there are few, and none is larger than 60 kB. */
export interface Asset {
  readonly type: string
  readonly body: Buffer
  readonly etag: string
}

const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const

/** By path. The build puts them beside this file, `scripts/page.mjs` says from where. */
const ASSETS: Readonly<Record<string, string>> = {
  '/': 'index.html',
  '/page.css': 'page.css',
  '/icon.svg': 'icon.svg',
  '/uplot.js': 'uplot.js',
  '/uplot.css': 'uplot.css',
  '/main.js': 'main.js',
  '/charts.js': 'charts.js',
  '/dom.js': 'dom.js',
  '/format.js': 'format.js',
  '/look-up.js': 'look-up.js',
  '/matches.js': 'matches.js',
  '/record.js': 'record.js',
  '/tables.js': 'tables.js',
  '/theme.js': 'theme.js',
}

export const ASSET_PATHS = Object.keys(ASSETS)

/** Reads the files of the page; those that are not there are left out: a checkout that is run without a build has no page. */
export async function readAssets(folder: URL): Promise<ReadonlyMap<string, Asset>> {
  const read = await Promise.all(
    Object.entries(ASSETS).map(async ([path, name]) => {
      const body = await readFile(new URL(name, folder)).catch(() => undefined)
      return body === undefined ? [] : [[path, assetOf(name, body)] as const]
    }),
  )
  return new Map(read.flat())
}

function assetOf(name: string, body: Buffer): Asset {
  const type = Object.entries(TYPES).find(([ending]) => name.endsWith(`.${ending}`))?.[1]
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { type: type ?? 'application/octet-stream', body, etag }
}
