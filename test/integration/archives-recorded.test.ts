import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createAlertDedup } from '../../src/pipeline/alert-dedup.ts'
import { suppressConfig } from '../../src/pipeline/config.ts'
import { createDecoder } from '../../src/sources/decode.ts'
import { manualClock } from '../support/clock.ts'

/** Recorded from a running Wazuh 4.14.7; not part of the project. */
const RECORDED = '../shared/data/wazuh-recorded'
const there = existsSync(RECORDED)
if (!there)
  process.stderr.write(`SKIPPED: ${RECORDED} is not there, alerts.json beside archives.json is not read\n`)

const decode = await createDecoder()

function alertsOf(name: string) {
  const lines = readFileSync(`${RECORDED}/${name}`, 'latin1').split('\n').slice(0, -1)
  return lines.map((line) => {
    const decoded = decode(Buffer.from(line, 'latin1'), name, 0)
    if (decoded.kind !== 'alert') throw new Error(`Not an alert: ${line.slice(0, 80)}`)
    return decoded.alert
  })
}

it.skipIf(!there)('of recorded alerts.json and archives.json every alert is worked on once', () => {
  const config = suppressConfig.parse({})
  const dedup = createAlertDedup({ config, clock: manualClock(), twins: true })
  expect(alertsOf('alerts-real.jsonl').filter((alert) => dedup.isNew(alert))).toHaveLength(3151)
  const archives = alertsOf('archives-real.jsonl')
  const left = archives.filter((alert) => dedup.isNew(alert))
  // 1,586 lines are of alerts that stood in the first file; 6 of them bring a text that was not there. No other line is one.
  expect(archives.length - left.length).toBe(1580)
})
