/**
 * `npm pack` calls this before it packs. Builds, puts beside it the lockfile under the name that npm keeps to when the package is
 * installed (npm-shrinkwrap.json(5)) and a bill of materials where scanners look for one, and lets everybody read what is packed,
 * whatever the umask of who packs: npm keeps modes. With `--undo`, after it, what was put there is taken away.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeBom } from './sbom.ts'

const LOCKFILE = 'npm-shrinkwrap.json'
const BOM = 'sbom.cdx.json'
/** npm packs these without being told. */
const ALWAYS = ['package.json', 'LICENSE', 'README.md', 'README.id.md']

function letRead(path: string): void {
  const stats = statSync(path)
  if (stats.isDirectory()) for (const name of readdirSync(path)) letRead(join(path, name))
  else chmodSync(path, (stats.mode & 0o100) === 0 ? 0o644 : 0o755)
}

for (const name of [LOCKFILE, BOM]) rmSync(name, { force: true })
if (process.argv[2] !== '--undo') {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] })
  await writeBom(BOM)
  copyFileSync('package-lock.json', LOCKFILE)
  const { files } = z
    .object({ files: z.array(z.string()) })
    .parse(JSON.parse(readFileSync('package.json', 'utf8')))
  for (const path of [...ALWAYS, ...files]) if (existsSync(path)) letRead(path)
}
