import { expect, it } from 'vitest'
import { runCrash } from '../long/crash/run.ts'

const KILLS = 8
const ALERTS = 4000
/** It takes 11 s; every process has to start on a machine that may be busy. */
const PATIENCE_MS = 180_000

// The long form is `npm run crash`: 200 kills, 200,000 alerts.
it(
  'R06: tells every planted match in every output, however often it is killed while alerts are written and rotated',
  async () => {
    const { problems, figures } = await runCrash({
      seed: 22,
      kills: KILLS,
      alerts: ALERTS,
      lifeMs: 400,
      outputSize: '256KiB',
      say: () => undefined,
    })
    expect(problems).toEqual([])
    expect(figures).toMatchObject({ kills: KILLS, lost: 0 })
    // The manager crashes, too, and takes some alerts with it; what the files hold counts.
    expect(figures['readable']).toBeGreaterThan(ALERTS * 0.9)
    expect(figures['planted']).toBeGreaterThan(100)
  },
  PATIENCE_MS,
)
