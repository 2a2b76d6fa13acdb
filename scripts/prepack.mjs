/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-assignment, typescript/no-unsafe-member-access -- no types for plain JavaScript; it runs without a loader */
// `npm pack`: a build without leftovers of earlier ones, and the lockfile under the name that npm keeps to when the package is
// installed (npm-shrinkwrap.json(5)), so that the dependencies are those that were tested. `--undo` takes the copy away again.
import { copyFileSync, rmSync } from 'node:fs'

rmSync('npm-shrinkwrap.json', { force: true })
if (process.argv[2] !== '--undo') {
  rmSync('dist', { recursive: true, force: true })
  copyFileSync('package-lock.json', 'npm-shrinkwrap.json')
}
