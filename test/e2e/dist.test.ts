import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { OUTSIDE } from '../../scripts/build/bundle.ts'
import { statusUrl } from '../support/status.ts'
import { feeds, stop, useWorkspace } from './workspace.ts'

const workspace = useWorkspace()
const DIST = fileURLToPath(new URL('../../dist/', import.meta.url))
const FILES = readdirSync(DIST).filter((name) => name.endsWith('.js'))
const IMPORTED = /(?:^import |\bfrom |\bimport\(|\b__require\()"([^"\n]+)"/gm

function textOf(file: string): string {
  return readFileSync(join(DIST, file), 'utf8')
}

describe('what is built', () => {
  it('asks for nothing but its own files, Node.js, and packages with compiled code', () => {
    const asked = FILES.flatMap((file) => [...textOf(file).matchAll(IMPORTED)].map(([, name = '']) => name))
    expect(asked.filter((name) => name.startsWith('./') && !FILES.includes(basename(name)))).toEqual([])
    const others = new Set(asked.filter((name) => !/^(\.\/|node:)/.test(name) && !isBuiltin(name)))
    // Asked for by a command of Redis that Tripline does not use.
    others.delete('@node-rs/xxhash')
    expect([...others].toSorted()).toEqual([...OUTSIDE].toSorted())
  })

  // One character beyond Latin-1, and the engine keeps the whole file with two bytes for each.
  it('is of ASCII alone', () => {
    // oxlint-disable-next-line no-control-regex -- all of ASCII
    expect(FILES.filter((file) => /[^\u0000-\u007f]/.test(textOf(file)))).toEqual([])
  })
})

/** Own files that a run of the command loaded, without the mark of their content. */
function loaded(folder: string): readonly string[] {
  const [report = ''] = readdirSync(folder)
  const { result } = JSON.parse(readFileSync(join(folder, report), 'utf8')) as {
    result: readonly { url: string }[]
  }
  const own = result.map(({ url }) => url).filter((url) => url.startsWith(pathToFileURL(DIST).href))
  return own.map((url) => basename(url).replace(/(-.{8})?\.js$/, ''))
}

describe('a start', () => {
  /** With Node.js 24 an import of `node:http` or `node:crypto` loads a second HTTP client and Web Crypto. */
  it('loads nothing of Node.js that nobody asks for', () => {
    const imported = FILES.flatMap((file) => [...textOf(file).matchAll(/^import .*"([^"]+)";$/gm)])
    const builtins = imported.map(([, name = '']) => name).filter((name) => isBuiltin(name))
    expect(new Set(builtins)).toEqual(new Set(['node:module']))
  })

  it('of a command without work loads what names the commands', async () => {
    const folder = workspace.path('loaded')
    await workspace.tripline(['--help'], { env: { NODE_V8_COVERAGE: folder } }).ended
    expect(loaded(folder).toSorted()).toEqual(['base', 'cli', 'rolldown-runtime'])
  })

  it('of a daemon loads few files, and none of a platform it does not ask', async () => {
    const folder = workspace.path('loaded')
    mkdirSync(folder)
    workspace.file('bad.txt', 'evil.example.com\n')
    workspace.config({ http: { port: 0 }, providers: { feed: feeds(workspace.path('bad.txt')) } })
    const daemon = workspace.start({ env: { NODE_V8_COVERAGE: folder } })
    await statusUrl(daemon)
    await stop(daemon)
    const names = loaded(folder)
    expect(names).toEqual(
      expect.arrayContaining(['cli', 'base', 'examine', 'daemon', 'fastify', 'wazuh-file', 'feed']),
    )
    expect(names.length).toBeLessThan(30)
    expect(names.filter((name) => /misp|opencti|client|redis|doctor|bench/.test(name))).toEqual([])
  })
})
