/**
 * `npm run audit:licences`: whether every package that Tripline runs with has a licence that goes with Apache-2.0 and asks for
 * no more than its text to be kept. Read from the lockfile, so the packages for other platforms are looked at, too.
 */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'

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

/** What we use of a lockfile of version 3 (package-lock-json(5)). */
const lockfile = z.object({
  lockfileVersion: z.literal(3),
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      dev: z.boolean().default(false),
      license: z.string().optional(),
    }),
  ),
})

export interface LicenceReport {
  readonly packages: number
  /** One line for each package whose licence is not allowed, or not stated. */
  readonly problems: readonly string[]
}

export function checkLicences(lockfileText: string): LicenceReport {
  const { packages } = lockfile.parse(JSON.parse(lockfileText))
  const used = Object.entries(packages).filter(([path, entry]) => path !== '' && !entry.dev)
  const problems = used
    .filter(([, { license }]) => license === undefined || !isAllowed(license))
    .map(([path, { version, license }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
      return `${name}@${version ?? '?'}: ${license ?? 'no licence stated'}`
    })
  return { packages: used.length, problems }
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
  const { packages, problems } = checkLicences(readFileSync('package-lock.json', 'utf8'))
  process.stdout.write(problems.map((problem) => `${problem}\n`).join(''))
  process.stdout.write(
    `${packages} packages looked at, ${problems.length} with a licence that is not allowed\n`,
  )
  process.exitCode = problems.length > 0 || packages === 0 ? 1 : 0
}
/* v8 ignore stop */
