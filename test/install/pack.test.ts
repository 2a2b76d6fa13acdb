import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OUTSIDE } from '../../scripts/build/bundle.ts'
import { copyWithPackages, npm, ran } from './checkout.ts'

let folder = ''
let tarball = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tripline-pack-'))
  tarball = pack('first')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Packs a fresh copy of the working tree; gives the path of the tarball. */
function pack(name: string, change: (tree: string) => void = () => undefined): string {
  const tree = join(folder, name)
  const out = join(folder, 'out', name)
  mkdirSync(out, { recursive: true })
  copyWithPackages(tree)
  change(tree)
  npm(tree, 'pack', '--pack-destination', out)
  const [file = ''] = readdirSync(out)
  return join(out, file)
}

function digest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

describe('npm pack', () => {
  it('gives the same bytes from another folder, at another time, with other modes and what an earlier build left', () => {
    const other = pack('a second folder/one deeper', (tree) => {
      mkdirSync(join(tree, 'dist'))
      for (const file of readdirSync(tree, { recursive: true, encoding: 'utf8' })) {
        if (file.startsWith('node_modules')) continue
        utimesSync(join(tree, file), 1, 1)
      }
      chmodSync(join(tree, 'LICENSE'), 0o666)
      chmodSync(join(tree, 'docs/install.md'), 0o600)
      process.umask(0o077)
      ran('touch', ['dist/left-over.js'], tree)
    })
    process.umask(0o022)
    expect(digest(other)).toBe(digest(tarball))
  })

  it('holds what runs and what is read, and nothing else', () => {
    const files = ran('tar', ['-tzf', tarball], folder).split('\n').filter(Boolean)
    const tops = new Set(files.map((file) => file.split('/').slice(1, 2).join('/')))
    const expected = [
      'CHANGELOG.md',
      'LICENSE',
      'README.id.md',
      'README.md',
      'SECURITY.md',
      'deploy',
      'dist',
      'docs',
      'examples',
    ]
    expect([...tops].toSorted()).toEqual([
      ...expected,
      'npm-shrinkwrap.json',
      'package.json',
      'sbom.cdx.json',
      'schema',
    ])
    expect(files.filter((file) => /\.(ts|map|test\.js|key|pem)$/.test(file))).toEqual([])
    expect(files).toContain('package/deploy/systemd/tripline.service')
  })

  it('asks only for what is not inside, and tells what is', () => {
    const { dependencies, optionalDependencies } = JSON.parse(packed('package.json')) as Manifest
    expect(Object.keys({ ...dependencies, ...optionalDependencies }).toSorted()).toEqual(OUTSIDE.toSorted())
    const { components } = JSON.parse(packed('sbom.cdx.json')) as { components: readonly { name: string }[] }
    const named = components.map(({ name }) => name)
    expect(named).toEqual(expect.arrayContaining(['fastify', 'uplot', 'zod', 'lmdb', 'unix-dgram']))
    expect(packed('dist/THIRD-PARTY-NOTICES.txt')).toMatch(/\nzod 4\..* \(MIT\)\n\nMIT License\n/)
  })

  it('leaves nothing behind, and gives the same bytes a second time', () => {
    const tree = join(folder, 'first')
    const left = () => ['npm-shrinkwrap.json', 'sbom.cdx.json'].filter((name) => existsSync(join(tree, name)))
    expect(left()).toEqual([])
    // As one that was cut off leaves it.
    ran(process.execPath, ['node_modules/tsx/dist/cli.mjs', 'scripts/prepack.ts'], tree)
    expect(left()).toHaveLength(2)
    const again = mkdtempSync(join(folder, 'again-'))
    npm(tree, 'pack', '--pack-destination', again)
    expect(left()).toEqual([])
    const [file = ''] = readdirSync(again)
    expect(digest(join(again, file))).toBe(digest(tarball))
  })
})

interface Manifest {
  readonly dependencies: object
  readonly optionalDependencies: object
}

/** The text of a file of the tarball. */
function packed(path: string): string {
  return ran('tar', ['-xzOf', tarball, `package/${path}`], folder)
}

/** The examples' matches, as one process of the installed command finds them. */
function scan(command: string, root: string): readonly string[] {
  const args = ['scan', '--config', 'examples/demo.yaml', 'examples/alerts/alerts.jsonl']
  const lines = ran(command, args, root).split('\n').filter(Boolean)
  return lines.map((line) => (JSON.parse(line) as { observable: { value: string } }).observable.value)
}

describe('the tarball', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

  it('installs into an empty folder with `npm i`, and runs there', () => {
    const empty = join(folder, 'empty')
    mkdirSync(empty)
    npm(empty, 'install', '--prefix', empty, tarball)
    const command = join(empty, 'node_modules/.bin/tripline')
    expect(ran(command, ['--version'], empty).trim()).toBe(version)
    expect(scan(command, join(empty, 'node_modules/tripline'))).toContain('198.51.100.23')
  })

  it('unpacked, `npm ci` installs the very versions of the lockfile', () => {
    const opt = join(folder, 'opt')
    mkdirSync(opt)
    ran('tar', ['-xzf', tarball, '-C', opt, '--strip-components=1'], folder)
    npm(opt, 'ci', '--omit=dev')
    expect(scan(join(opt, 'dist/cli.js'), opt)).toContain('198.51.100.23')
    const wanted = locked('package-lock.json')
    const installed = locked(join(opt, 'node_modules/.package-lock.json'))
    expect([...installed.keys()]).toContain('node_modules/lmdb')
    expect([...installed.keys()]).not.toContain('node_modules/zod')
    expect([...installed].filter(([name, each]) => wanted.get(name) !== each)).toEqual([])
  })
})

function locked(path: string): ReadonlyMap<string, string> {
  const { packages } = JSON.parse(readFileSync(path, 'utf8')) as {
    packages: Readonly<Record<string, { version: string }>>
  }
  return new Map(Object.entries(packages).map(([name, entry]) => [name, entry.version]))
}
