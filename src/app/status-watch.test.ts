import { expect, it } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import { sampleAlert, sampleDelivery, sampleMatch } from '../../test/support/sink-samples.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import { AppError } from '../core/errors.ts'
import type { Match } from '../core/match.ts'
import type { Batch, Sink, Source } from '../core/ports.ts'
import { createRecentMatches } from '../http/recent.ts'
import { createTop } from '../http/top.ts'
import { createHealth } from '../telemetry/health.ts'
import { samplesOf } from '../telemetry/samples.ts'
import { showMatches } from './status-matches.ts'
import { createWatch } from './status-watch.ts'

const NEVER = new AbortController().signal

function watching() {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const health = createHealth(clock, telemetry.metrics)
  const told: (readonly Match[])[] = []
  const watch = createWatch(
    { ...telemetry, health },
    { onDelivered: (matches) => told.push(matches), isRequired: (sink) => sink !== 'extra' },
  )
  const value = async (name: 'batch_seconds' | 'match_delay_seconds', series: string) =>
    (await samplesOf(telemetry.metrics, name)).find((each) => each.series.endsWith(series))?.value
  return { clock, health, told, watch, value }
}

it('measures a batch from its reading to its acknowledgement, and remembers the time of its last alert', async () => {
  const { clock, watch, value } = watching()
  const acks: string[] = []
  const alerts = [sampleAlert({ time: 1000 }), sampleAlert({ time: 2000 })]
  async function* read(): AsyncGenerator<Batch> {
    yield { alerts, ack: () => void acks.push('acknowledged') }
  }
  const source: Source = { id: 'wazuh', read, close: async () => undefined }
  for (const watched of watch.sources([source]))
    for await (const batch of watched.read(NEVER)) {
      expect(batch.alerts).toBe(alerts)
      await clock.advance(1500)
      batch.ack()
    }
  expect(acks).toEqual(['acknowledged'])
  expect(await value('batch_seconds', '_sum')).toBe(1.5)
  expect(watch.lastAlerts.get('wazuh')).toBe(2000)
})

it('a sink fails from a write that is refused until one is taken; an aborted one says nothing', async () => {
  const { health, watch } = watching()
  let refuses = true
  const sink: Sink = {
    id: 'matches',
    write: async () => {
      if (refuses) throw new AppError('SINK_FULL', 'No space left')
    },
    close: async () => undefined,
  }
  const [watched] = watch.sinks([sink])
  const delivery = sampleDelivery('a', 1)
  await expect(watched?.write(delivery, AbortSignal.abort())).rejects.toThrow('No space left')
  expect(health.overall()).toBe('ok')
  await expect(watched?.write(delivery, NEVER)).rejects.toThrow('No space left')
  expect(health.components()).toMatchObject([
    { component: 'sink matches', state: 'failed', reason: 'it does not accept matches: No space left' },
  ])
  refuses = false
  await watched?.write(delivery, NEVER)
  expect(health.overall()).toBe('ok')
  expect(watched).not.toHaveProperty('seen')
})

const full: Sink['write'] = () => Promise.reject(new AppError('SINK_FULL', 'No space left'))

it('a sink that is not required holds up no alert: it makes nothing fail', async () => {
  const { health, watch } = watching()
  const [watched] = watch.sinks([{ id: 'extra', write: full, close: async () => undefined }])
  await expect(watched?.write(sampleDelivery('a', 1), NEVER)).rejects.toThrow('No space left')
  expect(health.overall()).toBe('degraded')
})

it('tells of matches that were accepted only, and how late those were that waited for nobody', async () => {
  const { clock, told, watch, value } = watching()
  const delivery = {
    parsed: [],
    matches: [
      sampleMatch({ alert: sampleAlert({ time: clock.now() - 2000 }) }),
      sampleMatch({ alert: sampleAlert({ time: clock.now() - 3_600_000 }), delayedSince: clock.now() }),
      sampleMatch({ alert: sampleAlert({ time: 0 }) }),
    ],
  }
  expect(await watch.deliver(async () => false)(delivery, NEVER)).toBe(false)
  expect(told).toEqual([])
  expect(await watch.deliver(async () => true)(delivery, NEVER)).toBe(true)
  expect(told).toEqual([delivery.matches])
  expect(await value('match_delay_seconds', '_count')).toBe(1)
  expect(await value('match_delay_seconds', '_sum')).toBe(2)
})

it('of a storm the last matches are shown, all are counted, and the page is told how many are not', async () => {
  const { metrics } = recordedTelemetry()
  const recent = createRecentMatches(500)
  const [topIndicators, topAgents] = [createTop(10), createTop(10)]
  const show = showMatches({ recent, topIndicators, topAgents, metrics })
  show(Array.from({ length: 200 }, (_, at) => sampleMatch({ id: String(at) })))
  expect(recent.rows().map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, at) => String(150 + at)))
  expect(topIndicators.list(1)[0]?.count).toBe(200)
  expect(topAgents.list(1)[0]?.count).toBe(200)
  expect(await metrics.total('status_matches_omitted_total')).toBe(150)
})

it('a match of which no record can be made is left out, and the page is told', async () => {
  const { metrics } = recordedTelemetry()
  const recent = createRecentMatches(500)
  const show = showMatches({ recent, topIndicators: createTop(10), topAgents: createTop(10), metrics })
  const poison = sampleMatch({ id: 'poison', alert: sampleAlert({ body: { rule: { id: 1n } } }) })
  show([poison, sampleMatch({ id: 'sound' })])
  expect(recent.rows().map(({ id }) => id)).toEqual(['sound'])
  expect(await metrics.total('status_matches_omitted_total')).toBe(1)
})

it('a record that is very large is kept without the whole alert', () => {
  const recent = createRecentMatches(500)
  const show = showMatches({
    recent,
    topIndicators: createTop(10),
    topAgents: createTop(10),
    metrics: recordedTelemetry().metrics,
  })
  const large = sampleAlert({ body: { text: 'x'.repeat(300_000) } })
  show([sampleMatch({ alert: large }), sampleMatch({ alert: sampleAlert({ body: { text: 'small' } }) })])
  expect(recent.record(1)?.length).toBeLessThan(10_000)
  expect(recent.record(1)).not.toContain('full_alert":{')
  expect(recent.record(2)).toContain('"full_alert":{"text":"small"')
})
