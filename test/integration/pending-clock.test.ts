import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { onlineConfig } from '../../src/pipeline/config.ts'
import { openPendingQueue, type PendingQueue } from '../../src/pipeline/pending.ts'
import type { PendingAlert } from '../../src/pipeline/pending-chunk.ts'
import { openStore } from '../../src/store/registry.ts'
import { pendingEvents } from '../../src/telemetry/events/pending.ts'
import { storeEvents } from '../../src/telemetry/events/store.ts'
import { alertWith } from '../support/alerts.ts'
import { manualClock } from '../support/clock.ts'
import { keptDeadLetters } from '../support/dead-letters.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

const never = new AbortController().signal
const HOUR = 3_600_000
const DAY = 24 * HOUR
const MAX_AGE = 7 * DAY

function pendingOf(value: string): PendingAlert {
  return {
    alert: alertWith({ ip: value }, { id: value }),
    questions: [{ observable: { type: 'ipv4', value, where: ['data.ip'] }, hostNamed: false }],
  }
}

/** The state store of a daemon, which goes by the wall clock; `start` is a new process on it. */
async function setUp() {
  const stateDir = mkdtempSync(join(tmpdir(), 'tripline-pending-'))
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const store = await openStore({ type: 'lmdb' }, { stateDir, clock, events: storeEvents(telemetry) })
  onTestFinished(async () => {
    await store.close()
    rmSync(stateDir, { recursive: true })
  })
  const deadLetters = keptDeadLetters()
  const { pending: config } = onlineConfig.parse({ pending: { maxAge: '7d' } })
  const start = (providers: readonly string[] = ['misp']): Promise<PendingQueue> =>
    openPendingQueue({
      config,
      providers,
      store,
      clock,
      events: pendingEvents(telemetry),
      deadLetters,
      stop: never,
    })
  return { clock, telemetry, deadLetters, start }
}

async function idsIn(queue: PendingQueue): Promise<readonly unknown[]> {
  await queue.expire()
  const chunks = await queue.oldest('misp', 100)
  return chunks.flatMap(({ alerts }) => alerts.map(({ text }) => (JSON.parse(text) as { id: unknown }).id))
}

it('R45: no step of the clock forward drops an alert that waits for an answer', async () => {
  const { clock, telemetry, start } = await setUp()
  const queue = await start()
  await queue.put('misp', [pendingOf('192.0.2.1')], never)
  clock.step(50 * 365 * DAY)
  await queue.put('misp', [pendingOf('192.0.2.2')], never)
  expect(await idsIn(queue)).toEqual(['192.0.2.1', '192.0.2.2'])
  expect(await telemetry.metrics.total('pending_dropped_total')).toBe(0)
  expect(await telemetry.metrics.total('pending_age_seconds')).toBe(0)
})

it('R45: after a start with a clock set forward what waits has an hour of grace, then it is a dead letter', async () => {
  const { clock, telemetry, deadLetters, start } = await setUp()
  await (await start()).put('misp', [pendingOf('192.0.2.1')], never)
  clock.step(50 * 365 * DAY)
  const queue = await start()
  await clock.advance(HOUR - 1)
  expect(await idsIn(queue)).toEqual(['192.0.2.1'])
  await clock.advance(1)
  expect(await idsIn(queue)).toEqual([])
  expect(await telemetry.metrics.byReason('pending_dropped_total')).toEqual({ age: 1 })
  expect(deadLetters.letters).toMatchObject([
    { reason: 'age', component: 'misp', alert: { id: '192.0.2.1' } },
  ])
})

it('R45: a clock set back keeps nothing for longer than the settings say', async () => {
  const { clock, start } = await setUp()
  const queue = await start()
  await queue.put('misp', [pendingOf('192.0.2.1')], never)
  clock.step(-50 * 365 * DAY)
  await clock.advance(MAX_AGE - 1)
  expect(await idsIn(queue)).toEqual(['192.0.2.1'])
  await clock.advance(1)
  expect(await idsIn(queue)).toEqual([])
})

it('R45: after a start with a clock set back an alert waits for as long as a new one, and no longer', async () => {
  const { clock, start } = await setUp()
  await (await start()).put('misp', [pendingOf('192.0.2.1')], never)
  clock.step(-50 * 365 * DAY)
  const queue = await start()
  await clock.advance(MAX_AGE - 1)
  expect(await idsIn(queue)).toEqual(['192.0.2.1'])
  await clock.advance(1)
  expect(await idsIn(queue)).toEqual([])
})

it('gives up alerts of a provider that is not configured any more, too', async () => {
  const { clock, deadLetters, start } = await setUp()
  await (await start()).put('misp', [pendingOf('192.0.2.1')], never)
  const queue = await start(['other'])
  await clock.advance(MAX_AGE)
  await queue.expire()
  expect(deadLetters.letters).toMatchObject([{ reason: 'age', component: 'misp' }])
  expect(await idsIn(await start())).toEqual([])
})
