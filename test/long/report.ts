import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** What a long lane ends with. */
export interface Outcome {
  /** The one line, without its end. */
  readonly line: string
  /** What went wrong, each in a sentence; none when all is well. */
  readonly problems: readonly string[]
  /** Everything measured, for the JSON report. */
  readonly figures: Readonly<Record<string, unknown>>
}

const MAX_SHOWN = 20

/** Progress: standard output has the result only. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Writes the report, prints problems and the line of result; the exit code is 1 when there are problems. */
export function conclude(path: string, { line, problems, figures }: Outcome): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(
    path,
    `${JSON.stringify({ ok: problems.length === 0, line, problems, ...figures }, null, 2)}\n`,
  )
  for (const problem of problems.slice(0, MAX_SHOWN)) say(`  ${problem}`)
  process.stdout.write(`${line} (${path})\n`)
  if (problems.length > 0) process.exitCode = 1
}

/** A whole number from the command line. */
export function wholeNumber(text: string, name: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0) throw new Error(`--${name} takes a whole number, not ${text}`)
  return number
}
