import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'

/**
 * What the files of an area may import, besides their own area (docs/architecture.md). An area is a folder of `src` or
 * a file that lies directly in it, by its name. `config/schema.ts` alone may reach into the components, for their
 * `config.ts`.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  canonical: ['core'],
  telemetry: ['core'],
  config: ['core', 'telemetry'],
  extract: ['core', 'canonical', 'telemetry'],
  store: ['core', 'canonical', 'telemetry'],
  sources: ['core', 'canonical', 'telemetry'],
  sinks: ['core', 'canonical', 'telemetry'],
  intel: ['core', 'canonical', 'telemetry'],
  pipeline: ['core', 'canonical', 'telemetry'],
  http: ['core', 'telemetry'],
  app: [
    'core',
    'canonical',
    'telemetry',
    'config',
    'extract',
    'store',
    'sources',
    'sinks',
    'intel',
    'pipeline',
    'http',
  ],
  commands: ['app', 'config', 'core', 'canonical', 'extract', 'telemetry', 'pipeline'],
  cli: ['commands', 'core', 'telemetry', 'config'],
}

/** Folders of `src/intel` that hold shared parts and no provider: these have no settings of their own. */
const INTEL_PARTS: ReadonlySet<string> = new Set([
  'http',
  'lookup',
  'mirror',
  'regex',
  'sightings',
  'stix',
  'warninglists',
])
/** Folders of `src/sinks` that hold shared parts and no sink. */
const SINK_PARTS: ReadonlySet<string> = new Set(['opencti-event'])
const MAX_LINES = 400
/** A checker that checked next to nothing must fail: the foundations alone count more files than this. */
const MIN_FILES = 30

function areaOf(file: string): string {
  return (file.split('/')[0] ?? file).replace(/\.ts$/, '')
}

/** Every module specifier of a file: static, re-exporting, side-effect, dynamic and type imports. */
function importsOf(text: string): string[] {
  const code = text.replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, '')
  const literal = [...code.matchAll(/\b(?:from\s+|import\s*\(?\s*)(['"`])([^'"`]+)\1/g)].map(
    (found) => found[2] ?? '',
  )
  const computed = [...code.matchAll(/\bimport\s*\(\s*([^'"`\s][^)]*)/g)].map(
    (found) => `computed: ${found[1] ?? ''}`,
  )
  return [...literal, ...computed]
}

function mayImport(file: string, target: string): boolean {
  const from = areaOf(file)
  const to = areaOf(target)
  if (from === to) return true
  if (file === 'config/schema.ts' && target.endsWith('/config.ts')) return true
  return MAY_IMPORT[from]?.includes(to) ?? false
}

/** One line for each import of `file` (relative to `src`) that the table refuses. */
function violations(file: string, text: string): string[] {
  if (!(areaOf(file) in MAY_IMPORT)) return [`${file}: '${areaOf(file)}' has no row in the table`]
  return importsOf(text).flatMap((specifier) => {
    if (specifier.startsWith('computed') || specifier.includes('${'))
      return [`${file} → ${specifier}: cannot be checked`]
    if (!specifier.startsWith('.')) return []
    const target = posix.join(posix.dirname(file), specifier)
    if (target.startsWith('..')) return [`${file} → ${specifier}: outside src`]
    if (!/\.(?:ts|json)$/.test(target) || target.endsWith('.test.ts'))
      return [`${file} → ${specifier}: not a source`]
    return mayImport(file, target) ? [] : [`${file} → ${target}`]
  })
}

function sourceFiles(): string[] {
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts'))
    .toSorted()
}

function foldersIn(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${path}/${name}`)
}

const files = sourceFiles()
const productFiles = files.filter((file) => !file.endsWith('.test.ts'))

describe('the layers', () => {
  it('are held by every product file', () => {
    expect(productFiles.length).toBeGreaterThan(MIN_FILES)
    expect(productFiles.flatMap((file) => violations(file, readFileSync(`src/${file}`, 'utf8')))).toEqual([])
  })

  it('are really read: most files import something of ours', () => {
    const importing = productFiles.filter((file) =>
      importsOf(readFileSync(`src/${file}`, 'utf8')).some((specifier) => specifier.startsWith('.')),
    )
    expect(importing.length).toBeGreaterThan(productFiles.length / 2)
  })

  it('let the five kinds of component know nothing of each other', () => {
    const kinds = ['extract', 'store', 'sources', 'sinks', 'intel']
    for (const kind of kinds)
      for (const other of kinds.filter((name) => name !== kind)) expect(MAY_IMPORT[kind]).not.toContain(other)
  })
})

describe('the checker itself', () => {
  it.each([
    ['core/a.ts', `import { b } from '../telemetry/logger.ts'`],
    ['extract/a.ts', `import type { B } from '../intel/feed/config.ts'`],
    ['sources/x/a.ts', `export * from '../../sinks/registry.ts'`],
    ['store/lmdb/a.ts', `const b = await import('../../pipeline/match.ts')`],
    ['store/lmdb/a.ts', `type B = import("../../extract/extract.ts").Extractor`],
    ['store/lmdb/a.ts', `import {\n  b,\n  c,\n} from '../../extract/extract.ts'`],
    ['pipeline/a.ts', `import '../app/daemon.ts'`],
    ['pipeline/a.ts', `import '../cli.ts'`],
    ['config/load.ts', `import { feedConfig } from '../intel/feed/config.ts'`],
    ['config/schema.ts', `import { createFeed } from '../intel/feed/feed.ts'`],
    ['cli.ts', `import { createApp } from './app/app.ts'`],
    ['commands/run.ts', `import { tail } from '../sources/wazuh-file/tail.ts'`],
    ['app.ts', `const b = await import(name)`],
    ['app.ts', 'const b = await import(`./sinks/${name}.ts`)'],
    ['app.ts', `import { manualClock } from './support/clock.ts'`],
    ['app.ts', `import { x } from './core/units.test.ts'`],
    ['app.ts', `import { x } from './core/units.js'`],
    ['plugins/a.ts', `export const a = 1`],
  ])('finds the violation planted in %s: %s', (file, text) => {
    expect(violations(file, text)).toHaveLength(1)
  })

  it.each([
    ['core/a.ts', `import { z } from 'zod'\nimport { b } from './units.ts'`],
    ['intel/feed/a.ts', `import { b } from '../mirror/mirror.ts'\nimport { c } from '../../canonical/ip.ts'`],
    ['config/schema.ts', `import { feedConfig } from '../intel/feed/config.ts'`],
    ['core/a.ts', 'const b = Buffer.from(`../telemetry/${line}`)'],
    ['core/a.ts', `// as in: import { b } from '../telemetry/logger.ts'\nexport const b = import.meta.url`],
    ['app/daemon.ts', `const { b } = await import('../store/lmdb/lmdb.ts')`],
    ['cli.ts', `import { run } from './commands/run.ts'`],
  ])('passes what is allowed in %s: %s', (file, text) => {
    expect(violations(file, text)).toEqual([])
  })
})

describe('the folders', () => {
  it('of sources, sinks, stores and providers each have their settings in config.ts', () => {
    const providers = foldersIn('src/intel').filter((path) => !INTEL_PARTS.has(posix.basename(path)))
    const sinks = foldersIn('src/sinks').filter((path) => !SINK_PARTS.has(posix.basename(path)))
    const components = [
      ...['sources', 'store'].flatMap((kind) => foldersIn(`src/${kind}`)),
      ...sinks,
      ...providers,
    ]
    expect(components.length).toBeGreaterThanOrEqual(9)
    expect(components.filter((path) => !existsSync(`${path}/config.ts`))).toEqual([])
  })

  it(`hold no file of more than ${MAX_LINES} lines`, () => {
    const long = files
      .map((file) => ({ file, lines: readFileSync(`src/${file}`, 'utf8').trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > MAX_LINES)
    expect(long).toEqual([])
  })
})
