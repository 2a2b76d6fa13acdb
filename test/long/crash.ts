/**
 * `npm run crash -- [--seed N] [--kills 200] [--alerts 200000] [--report .cache/crash.json]`: the built daemon under
 * `kill -9` at random moments while alerts are written and rotated. The last line is the result; exit code 1 on any loss.
 */
import { parseArgs } from 'node:util'
import { runCrash } from './crash/run.ts'
import { conclude, say, wholeNumber } from './report.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    kills: { type: 'string', default: '200' },
    alerts: { type: 'string', default: '200000' },
    report: { type: 'string', default: '.cache/crash.json' },
  },
})
const seed = wholeNumber(values.seed, 'seed')
say(`seed ${seed}`)
const outcome = await runCrash({
  seed,
  kills: wholeNumber(values.kills, 'kills'),
  alerts: wholeNumber(values.alerts, 'alerts'),
  lifeMs: 2200,
  outputSize: '8MiB',
  say,
})
conclude(values.report, outcome)
