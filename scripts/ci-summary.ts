/**
 * Adds up what the lanes of `.ci/run` did and prints it; the last line is `N passed, N failed`. A lane without a readable
 * report, a lane that ran no test and a test skipped without need each count as a failure.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'

const lane = z.object({
  name: z.string(),
  kind: z.enum(['check', 'tests']),
  /** Exit status of the lane's command. */
  status: z.int(),
  seconds: z.number(),
})
export type Lane = z.infer<typeof lane>

/** What we use of vitest's JSON report (vitest 4, the format of jest). */
const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
})
type TestFile = z.infer<typeof report>['testResults'][number]

export interface LaneResult {
  readonly lane: Lane
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Why the lane failed beyond its failed tests, one line each. */
  readonly remarks: readonly string[]
}

export interface LaneInput {
  readonly lane: Lane
  /** Text of the JSON report; undefined when there is none. */
  readonly report: string | undefined
  /** Whether a test of this file may be skipped here. */
  maySkip(file: string): boolean
}

export function judgeLane(input: LaneInput): LaneResult {
  const { lane: of } = input
  if (of.kind === 'check') {
    const ok = of.status === 0
    return { lane: of, passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, remarks: [] }
  }
  const files = readReport(input.report)
  if (files === undefined)
    return { lane: of, passed: 0, failed: 1, skipped: 0, remarks: ['no readable report'] }
  const count = (status: string): number => testsOf(files, status).length
  const [passed, failed] = [count('passed'), count('failed')]
  const skipped = testsOf(files, 'pending', 'skipped', 'todo', 'disabled')
  const remarks = skipped
    .filter(({ file }) => !input.maySkip(file))
    .map(({ test }) => `skipped without need: ${test}`)
  if (passed + failed === 0) remarks.push('ran no test')
  // A file that does not load, or an error outside every test, fails no test but the command.
  else if (of.status !== 0 && failed === 0) remarks.push(`ended with status ${of.status}`)
  return { lane: of, passed, failed: failed + remarks.length, skipped: skipped.length, remarks }
}

function readReport(text: string | undefined): readonly TestFile[] | undefined {
  if (text === undefined) return undefined
  try {
    return report.parse(JSON.parse(text)).testResults
  } catch {
    return undefined
  }
}

function testsOf(files: readonly TestFile[], ...statuses: readonly string[]) {
  return files.flatMap((file) =>
    file.assertionResults
      .filter(({ status }) => statuses.includes(status))
      .map(({ fullName }) => ({ file: file.name, test: fullName })),
  )
}

/** The lines to print; the last is `N passed, N failed`. */
export function summary(results: readonly LaneResult[]): readonly string[] {
  const sum = (of: (result: LaneResult) => number): number => results.reduce((total, r) => total + of(r), 0)
  const rows = results.flatMap((result) => [
    `${result.lane.name.padEnd(18)} ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped, ${result.lane.seconds} s`,
    ...result.remarks.map((remark) => `    ${remark}`),
  ])
  return [...rows, `${sum((r) => r.passed)} passed, ${sum((r) => r.failed)} failed`]
}

const SHARED_DATA = '../shared'

/** Some tests read recorded data that lies beside the checkout; only these may be skipped, and only without it. */
function maySkip(file: string): boolean {
  return !existsSync(SHARED_DATA) && readFileSync(file, 'utf8').includes('shared/')
}

function readLanes(folder: string): readonly LaneResult[] {
  const lines = readFileSync(join(folder, 'lanes.jsonl'), 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const of = lane.parse(JSON.parse(line))
    const path = join(folder, `${of.name}.json`)
    return judgeLane({ lane: of, report: existsSync(path) ? readFileSync(path, 'utf8') : undefined, maySkip })
  })
}

function main(): void {
  const results = readLanes(process.argv[2] ?? '.cache/ci')
  process.stdout.write(`${summary(results).join('\n')}\n`)
  const tested = results.some(({ lane: { kind } }) => kind === 'tests')
  process.exitCode = tested && results.every(({ failed }) => failed === 0) ? 0 : 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main()
