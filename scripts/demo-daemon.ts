import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { styleText } from 'node:util'
import { z } from 'zod'
import { matchRecordSchema, type MatchRecord } from '../src/sinks/schema.ts'
import { startCli, type Cli } from '../test/support/cli.ts'
import { matchLines, rowLines } from '../test/support/examples.ts'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Longer than this, and something is wrong. */
export const LIMIT_MS = 30_000
/** Slow enough to look on, and for the daemon to see half-written lines. */
export const LINE_EVERY_MS = 25
/** Lines between two flushes, as analysisd flushes once a second. */
export const FLUSH_EVERY = 10

/** What the daemon says of itself in its last log line. */
const totalsSchema = z.object({
  msg: z.literal('Tripline stopped'),
  alertsRead: z.int(),
  observables: z.int(),
  matches: z.int(),
})
export type Totals = z.infer<typeof totalsSchema>

export function say(text: string): void {
  process.stdout.write(`${process.stdout.isTTY ? styleText('cyan', text) : text}\n`)
}

/** Its matches are shown as they come. */
export function startDaemon(config: string): Cli {
  return startCli(['run', '--config', config], {
    cwd: ROOT,
    // Ctrl-C comes here alone, and the daemon is stopped the way systemd does it.
    detached: true,
    onStdout: (text) => void process.stdout.write(text),
  })
}

/** Stops the daemon as systemd does; gives what it counted. */
export async function stopDaemon(daemon: Cli): Promise<Totals> {
  daemon.kill('SIGTERM')
  const { code, signal } = await daemon.ended
  if (code !== 0) throw new Error(`the daemon ended with ${code ?? signal}\n${daemon.stderr()}`)
  return totalsSchema.parse(daemon.logs().at(-1))
}

export async function matchRecords(folder: string): Promise<readonly MatchRecord[]> {
  const text = await readFile(join(folder, 'ioc-matched.log'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => matchRecordSchema.parse(JSON.parse(line)))
}

/** What differs from the expectations, one line each. */
export function differences(
  records: readonly MatchRecord[],
  rows: Parameters<typeof rowLines>[0],
): readonly string[] {
  const found = matchLines(records)
  const expected = rowLines(rows)
  return [
    ...expected.filter((line) => !found.includes(line)).map((line) => `missing match: ${line}`),
    ...found
      .filter((line, at) => !expected.includes(line) || found.indexOf(line) !== at)
      .map((line) => `unexpected match: ${line}`),
  ]
}
