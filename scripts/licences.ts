/**
 * `npm run audit:licences`: whether every package that Tripline runs with has a licence that goes with Apache-2.0 and asks for
 * no more than its text to be kept. Read from the lockfile, so the packages for other platforms are looked at, too.
 */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { foldersInside, packagesOf, type Package } from './build/inside.ts'

/** SPDX identifiers (https://spdx.org/licenses). */
const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
])

export interface LicenceReport {
  readonly packages: number
  /** One line for each package whose licence is not allowed, or not stated. */
  readonly problems: readonly string[]
}

export function checkLicences(packages: readonly Package[]): LicenceReport {
  const problems = packages
    .filter(({ license }) => license === undefined || !isAllowed(license))
    .map(({ name, version, license }) => `${name}@${version}: ${license ?? 'no licence stated'}`)
  return { packages: packages.length, problems }
}

/** Expressions of SPDX with AND and OR (annex D), without exceptions: what is not understood is not allowed. */
export function isAllowed(expression: string): boolean {
  const text = expression.trim()
  const inner = /^\(([^()]*)\)$/.exec(text)?.[1]
  if (inner !== undefined) return isAllowed(inner)
  if (text.includes('(')) return false
  return text.split(' OR ').some((part) => part.split(' AND ').every((id) => ALLOWED.has(id.trim())))
}

/* v8 ignore start -- run as a command */
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const runsWith = packagesOf(readFileSync('package-lock.json', 'utf8'), await foldersInside())
  const { packages, problems } = checkLicences(runsWith)
  process.stdout.write(problems.map((problem) => `${problem}\n`).join(''))
  process.stdout.write(
    `${packages} packages looked at, ${problems.length} with a licence that is not allowed\n`,
  )
  process.exitCode = problems.length > 0 || packages === 0 ? 1 : 0
}
/* v8 ignore stop */
