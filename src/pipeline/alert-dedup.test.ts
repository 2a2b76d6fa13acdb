import { describe, expect, it } from 'vitest'
import { alertOf, alertWith } from '../../test/support/alerts.ts'
import { manualClock } from '../../test/support/clock.ts'
import type { Alert } from '../core/alert.ts'
import { createAlertDedup } from './alert-dedup.ts'
import { suppressConfig } from './config.ts'

const MINUTE = 60_000

/** The lines differ in `id`, and in `full_log` where the rule says `no_full_log` (recorded with 4.14.7). */
function line(file: string, { firedtimes = 1, ...more }: Record<string, unknown> = {}): Alert {
  const rule = { id: '5710', level: 5, ...(firedtimes === null ? {} : { firedtimes }) }
  return alertOf({ rule, ...more }, { origin: { file: `/var/ossec/logs/${file}`, offset: 0 } })
}

describe('alert deduplication', () => {
  it('passes an alert once per window, by its content', () => {
    const clock = manualClock()
    const dedup = createAlertDedup({ config: suppressConfig.parse({}), clock, twins: false })
    const alert = alertWith({}, { digest: 7n })
    expect([
      dedup.isNew(alert),
      dedup.isNew({ ...alert, id: 'other' }),
      dedup.isNew({ ...alert, digest: 8n }),
    ]).toEqual([true, false, true])
  })
  it('R45: forgets after the window, whatever the wall clock does', async () => {
    const clock = manualClock()
    const dedup = createAlertDedup({
      config: suppressConfig.parse({ alertWindow: '30m' }),
      clock,
      twins: false,
    })
    const alert = alertWith({}, { digest: 7n })
    dedup.isNew(alert)
    clock.step(-86_400_000)
    expect(dedup.isNew(alert)).toBe(false)
    clock.step(86_400_000 * 2)
    expect(dedup.isNew(alert)).toBe(false)
    await clock.advance(30 * MINUTE)
    expect(dedup.isNew(alert)).toBe(true)
  })
  it('is off at 0s', () => {
    const dedup = createAlertDedup({
      config: suppressConfig.parse({ alertWindow: '0s' }),
      clock: manualClock(),
      twins: false,
    })
    const alert = alertWith({})
    expect([dedup.isNew(alert), dedup.isNew(alert)]).toEqual([true, true])
  })
})

describe('alerts.json beside archives.json', () => {
  const clock = manualClock()
  const dedupOf = (twins = true) => createAlertDedup({ config: suppressConfig.parse({}), clock, twins })

  it('works on one of the two lines', () => {
    const dedup = dedupOf()
    const text = { full_log: 'Failed password for root from 203.0.113.7' }
    expect([
      dedup.isNew(line('alerts/alerts.json', text)),
      dedup.isNew(line('archives/archives.json', text)),
    ]).toEqual([true, false])
    expect([
      dedup.isNew(line('archives/archives.json', { firedtimes: 2, ...text })),
      dedup.isNew(line('alerts/alerts.json', { firedtimes: 2 })),
    ]).toEqual([true, false])
  })

  it('does not take the next alert of the same rule in the same millisecond for the same', () => {
    const dedup = dedupOf()
    expect([
      dedup.isNew(line('alerts/alerts.json')),
      dedup.isNew(line('archives/archives.json', { firedtimes: 2 })),
      dedup.isNew(line('alerts/alerts.json')),
    ]).toEqual([true, true, true])
  })

  it('looks at a text that only the second line brings, not at the JSON that data holds already', () => {
    const dedup = dedupOf()
    expect(dedup.isNew(line('alerts/alerts.json'))).toBe(true)
    expect(dedup.isNew(line('archives/archives.json', { full_log: ' {"srcip":"203.0.113.7"}' }))).toBe(false)
    expect(dedup.isNew(line('archives/archives.json', { full_log: 'from 203.0.113.8' }))).toBe(true)
    expect(dedup.isNew(line('alerts/alerts.json'))).toBe(false)
  })

  it('tells nothing of alerts without the counter, nor where one file is followed', () => {
    const dedup = dedupOf()
    const none = { firedtimes: null }
    expect([
      dedup.isNew(line('alerts/alerts.json', none)),
      dedup.isNew(line('archives/archives.json', none)),
    ]).toEqual([true, true])
    const single = dedupOf(false)
    expect([single.isNew(line('alerts/alerts.json')), single.isNew(line('archives/archives.json'))]).toEqual([
      true,
      true,
    ])
  })
})
