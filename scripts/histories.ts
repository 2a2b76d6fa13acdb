/**
 * `npm run histories`: random histories of alert files on real files, against a model of what must come out (R17); the few
 * that `npm test` runs, many times over. `-- --runs 500` for another number, `-- --seed 7` to repeat one, `-- --report
 * .cache/histories.json` for a report as JSON. Prints what was done and the seed; the exit status is 1 when a history
 * showed a fault, which is printed shrunk.
 */
import { parseArgs } from 'node:util'
import * as fc from 'fast-check'
import { conclude } from '../test/long/report.ts'
import {
  anyHistory,
  asLinesOrBlocks,
  calmHistory,
  faultsOf,
  runHistory,
  type HistoryStep,
} from '../test/support/wazuh-file-history.ts'

const { values } = parseArgs({
  options: { runs: { type: 'string' }, seed: { type: 'string' }, report: { type: 'string' } },
})
const runs = Number(values.runs ?? 10_000)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const PROGRESS_EVERY = 500

interface Done {
  histories: number
  lines: number
  readonly steps: Map<string, number>
  readonly problems: string[]
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Runs histories of one kind, till one of them shows a fault. */
async function check(kind: 'any' | 'calm', count: number, done: Done): Promise<void> {
  const property = fc.asyncProperty(
    kind === 'any' ? anyHistory('medium') : calmHistory('medium'),
    asLinesOrBlocks,
    async (steps, reading) => {
      const outcome = await runHistory(steps, reading)
      note(done, steps, outcome.lines)
      return faultsOf(outcome, kind).length === 0
    },
  )
  const result = await fc.check(property, { numRuns: count, seed })
  if (!result.failed) return
  const [faulty = [], reading = 'lines']: readonly [(readonly HistoryStep[])?, ('lines' | 'blocks')?] =
    result.counterexample ?? []
  const problem = [
    `A history (${kind}, read as ${reading}) shows a fault (seed ${result.seed}, path ${result.counterexamplePath ?? ''}):`,
    ...faulty.map((step) => `  ${JSON.stringify(step)}`),
    `  ${faultsOf(await runHistory(faulty, reading), kind).join('; ')}`,
  ].join('\n')
  done.problems.push(problem)
}

function note(done: Done, steps: readonly HistoryStep[], lines: number): void {
  done.histories += 1
  done.lines += lines
  for (const { kind } of steps) done.steps.set(kind, (done.steps.get(kind) ?? 0) + 1)
  if (done.histories % PROGRESS_EVERY === 0) say(`${done.histories} histories, ${done.lines} lines`)
}

const done: Done = { histories: 0, lines: 0, steps: new Map(), problems: [] }
say(`${runs} random histories, seed ${seed}`)
const calm = Math.floor(runs / 3)
await check('any', runs - calm, done)
if (done.problems.length === 0) await check('calm', calm, done)
const { histories, lines, problems } = done
const steps = [...done.steps].toSorted(([, a], [, b]) => b - a)
for (const [kind, count] of steps) say(`${String(count).padStart(8)} ${kind}`)
const line = `${histories} histories (those of shrinking included), ${lines} lines, seed ${seed}: ${problems.length === 0 ? 'no fault' : 'a fault'}`
if (problems.length > 0) process.exitCode = 1
if (values.report === undefined) for (const text of [...problems, line]) say(text)
else
  conclude(values.report, {
    line,
    problems,
    figures: { seed, histories, lines, steps: Object.fromEntries(steps) },
  })
