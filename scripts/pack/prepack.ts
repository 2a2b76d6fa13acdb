/**
 * `npm pack` calls this before it packs: a build without leftovers of earlier ones, the files of `manifest.ts` in place of the
 * repository's own package.json, and rights to read for everybody, whatever the umask of who packs, as npm keeps modes. With `--undo`,
 * after it, the repository has its own files back; if packing was cut off before, the next one begins with that.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { MANIFEST_FILES, writeManifest } from './manifest.ts'

const FOLDER = '.cache/package'
const OWN_MANIFEST = '.cache/package.json'
/** npm packs these without being told. */
const ALWAYS = ['package.json', 'LICENSE', 'README.md', 'README.id.md']

function undo(): void {
  if (!existsSync(OWN_MANIFEST)) return
  for (const name of MANIFEST_FILES) rmSync(name, { force: true })
  renameSync(OWN_MANIFEST, 'package.json')
}

function prepare(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] })
  writeManifest(FOLDER)
  copyFileSync('package.json', OWN_MANIFEST)
  for (const name of MANIFEST_FILES) copyFileSync(join(FOLDER, name), name)
  const { files } = z
    .object({ files: z.array(z.string()) })
    .parse(JSON.parse(readFileSync('package.json', 'utf8')))
  for (const path of [...ALWAYS, ...files]) if (existsSync(path)) letRead(path)
}

function letRead(path: string): void {
  const stats = statSync(path)
  if (stats.isDirectory()) for (const name of readdirSync(path)) letRead(join(path, name))
  else chmodSync(path, (stats.mode & 0o100) === 0 ? 0o644 : 0o755)
}

undo()
if (process.argv[2] !== '--undo') prepare()
