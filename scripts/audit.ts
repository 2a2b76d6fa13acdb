/**
 * `npm run audit:packages`: asks the registry for known weaknesses of the packages that Tripline runs with. Where the registry
 * cannot be asked, it says so aloud and does not fail: a build without network is no proof of anything.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { foldersInside, packagesOf } from './build/inside.ts'

/** The answer of `npm audit --json` (npm 10 and 11), as far as it is used. */
const answer = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({
      severity: z.enum(['info', 'low', 'moderate', 'high', 'critical']),
      range: z.string(),
      /** Folders of the packages, as in the lockfile. */
      nodes: z.array(z.string()),
    }),
  ),
})

export interface AuditReport {
  readonly exitCode: 0 | 1
  readonly lines: readonly string[]
}

/** `text` is what `npm audit --json` wrote to standard output; folders of others are passed over. High and critical ones fail. */
export function judgeAudit(text: string, runsWith: ReadonlySet<string>): AuditReport {
  const parsed = answer.safeParse(parse(text))
  if (!parsed.success) {
    const why = /"message": *"([^"]*)"/.exec(text)?.[1] ?? 'npm gave no answer'
    return { exitCode: 0, lines: [`NOT AUDITED: the registry could not be asked (${why})`] }
  }
  const found = Object.entries(parsed.data.vulnerabilities).filter(([, { nodes }]) =>
    nodes.some((path) => runsWith.has(path)),
  )
  const bad = found.some(([, { severity }]) => severity === 'high' || severity === 'critical')
  const lines = found.map(([name, { severity, range }]) => `${severity}: ${name} ${range}`)
  return { exitCode: bad ? 1 : 0, lines: [...lines, `${found.length} known weaknesses`] }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/* v8 ignore start -- run as a command */
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { stdout } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8', timeout: 60_000 })
  const runsWith = packagesOf(readFileSync('package-lock.json', 'utf8'), await foldersInside())
  const { exitCode, lines } = judgeAudit(stdout, new Set(runsWith.map(({ path }) => path)))
  process.stdout.write(`${lines.join('\n')}\n`)
  process.exitCode = exitCode
}
/* v8 ignore stop */
