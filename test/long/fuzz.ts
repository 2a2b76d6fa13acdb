/**
 * `npm run fuzz -- [--seconds 60] [--seed N] [--target NAME] [--report .cache/fuzz.json]`: every parser over hostile texts. None may
 * throw, and none may take more than linear time: texts of a repeated piece are read at four lengths, each four times the one before.
 * The same seed gives the same texts, in the same order. The last line is the result; exit code 1 on any finding.
 */
import { sample } from 'fast-check'
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { growth } from './fuzz/growth.ts'
import { createTargets, type Target } from './fuzz/targets.ts'
import { pumps, texts } from './fuzz/texts.ts'
import { conclude, say, wholeNumber } from './report.ts'

const TEXTS_A_ROUND = 100
const PUMPS_A_ROUND = 12

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    target: { type: 'string', default: '' },
    report: { type: 'string', default: '.cache/fuzz.json' },
  },
})
const seed = wholeNumber(values.seed, 'seed')
const until = performance.now() + wholeNumber(values.seconds, 'seconds') * 1000
const problems: string[] = []
const counts = { rounds: 0, texts: 0, pumps: 0 }

/** One round over one target. A target with a finding is not asked again. */
async function round(target: Target, seedOfRound: number): Promise<string | undefined> {
  for (const text of sample(texts(target.pieces), { seed: seedOfRound, numRuns: TEXTS_A_ROUND })) {
    counts.texts += 1
    const error = await thrown(target, text)
    if (error !== undefined) return `threw ${error} for ${JSON.stringify(text)}`
  }
  for (const pump of sample(pumps(target.pieces), { seed: seedOfRound, numRuns: PUMPS_A_ROUND })) {
    counts.pumps += 1
    const slow = await growth(target, pump).catch((error: unknown) => String(error))
    if (typeof slow === 'string') return `threw ${slow} for ${JSON.stringify(pump)} repeated`
    if (slow !== undefined)
      return `${slow.what === 'slow' ? 'is slow' : 'grows faster than the text'}: ${slow.before} ms, then ${slow.ms} ms for ${slow.length} characters of ${JSON.stringify(pump)}`
    await setImmediate()
  }
  return undefined
}

async function thrown({ run }: Target, text: string): Promise<string | undefined> {
  try {
    await run(text)
    return undefined
  } catch (error) {
    return error instanceof Error
      ? (error.stack ?? error.message).split('\n').slice(0, 3).join(' ')
      : String(error)
  }
}

say(`seed ${seed}`)
const targets = (await createTargets()).filter(({ name }) => name.includes(values.target))
const failed = new Set<string>()
while (performance.now() < until && failed.size < targets.length) {
  for (const target of targets) {
    if (performance.now() >= until && counts.rounds > 0) break
    if (failed.has(target.name)) continue
    const finding = await round(target, seed + counts.rounds)
    if (finding === undefined) continue
    failed.add(target.name)
    problems.push(`${target.name} ${finding}`)
    say(problems.at(-1) ?? '')
  }
  counts.rounds += 1
}
conclude(values.report, {
  line: `fuzz: seed ${seed}, ${targets.length} parsers, ${counts.texts} texts, ${counts.pumps} growing texts in ${counts.rounds} rounds, ${problems.length} findings`,
  problems,
  figures: { seed, ...counts, targets: targets.map(({ name }) => name) },
})
