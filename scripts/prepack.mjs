/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-assignment, typescript/no-unsafe-member-access, typescript/no-unsafe-argument -- no types for plain JavaScript; it runs without a loader */
// `npm pack`: a build without leftovers of earlier ones, and the lockfile under the name that npm keeps to when the package is
// installed (npm-shrinkwrap.json(5)), so that the dependencies are those that were tested. `--modes`, after the build, lets everybody read
// what is packed, whatever the umask of who packs: npm keeps modes. `--undo` takes the copy of the lockfile away again.
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** npm packs these without being told. */
const ALWAYS = ['package.json', 'LICENSE', 'README.md', 'README.id.md']

function readable(path) {
  const stats = statSync(path)
  if (stats.isDirectory()) for (const name of readdirSync(path)) readable(join(path, name))
  else chmodSync(path, (stats.mode & 0o100) === 0 ? 0o644 : 0o755)
}

if (process.argv[2] === '--modes') {
  const { files } = JSON.parse(readFileSync('package.json', 'utf8'))
  for (const path of [...ALWAYS, ...files]) if (existsSync(path)) readable(path)
} else {
  rmSync('npm-shrinkwrap.json', { force: true })
  if (process.argv[2] !== '--undo') {
    rmSync('dist', { recursive: true, force: true })
    copyFileSync('package-lock.json', 'npm-shrinkwrap.json')
  }
}
