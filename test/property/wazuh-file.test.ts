import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  anyHistory,
  asLinesOrBlocks,
  calmHistory,
  faultsOf,
  runHistory,
} from '../support/wazuh-file-history.ts'

// `npm run histories` runs many more of them.

/** Some seconds of work; a machine whose disk is busy takes ten times as long. */
const PATIENCE_MS = 180_000

it(
  'R17: reads every line at least once and invents none, whatever happens',
  { timeout: PATIENCE_MS },
  async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory('small'), asLinesOrBlocks, async (steps, reading) => {
        expect(faultsOf(await runHistory(steps, reading), 'any')).toEqual([])
      }),
      { numRuns: 200 },
    )
  },
)

it(
  'R17: reads every line exactly once while nothing is killed, and tells of no loss that was none',
  { timeout: PATIENCE_MS },
  async () => {
    await fc.assert(
      fc.asyncProperty(calmHistory('small'), asLinesOrBlocks, async (steps, reading) => {
        expect(faultsOf(await runHistory(steps, reading), 'calm')).toEqual([])
      }),
      { numRuns: 100 },
    )
  },
)
