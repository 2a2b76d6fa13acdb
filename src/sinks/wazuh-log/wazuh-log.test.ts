import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../test/support/clock.ts'
import { inFolder, textsOf } from '../../../test/support/sink-files.ts'
import { byPattern, indicatorOf, openCtiMatch } from '../../../test/support/opencti-samples.ts'
import { sampleAlert, sampleDelivery, sampleMatch } from '../../../test/support/sink-samples.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import type { Clock } from '../../core/clock.ts'
import type { Notice } from '../../core/ports.ts'
import { wazuhLogConfig } from './config.ts'
import { createWazuhLogSink } from './wazuh-log.ts'

const never = new AbortController().signal
const failing: Notice = {
  provider: 'misp',
  kind: 'failing',
  code: 'PROVIDER_REFUSED',
  message: 'refused',
  at: 1,
}

/** A clock on which whoever sleeps wakes at once, at the time it wanted; and how long that was. */
function impatientClock() {
  const clock = manualClock()
  const slept: number[] = []
  const sleep = (ms: number): Promise<void> => {
    slept.push(ms)
    return clock.advance(ms)
  }
  return { clock: { ...clock, sleep }, slept }
}

async function setUp(folder: string, settings: object = {}, clock: Clock = manualClock()) {
  const telemetry = recordedTelemetry(clock)
  const path = join(folder, 'events.json')
  const config = wazuhLogConfig.parse({ type: 'wazuh-log', path, ...settings })
  const sink = await createWazuhLogSink(config, { id: 'wazuh', telemetry })
  const events = () => eventsIn(existsSync(path) ? readFileSync(path, 'utf8') : '')
  return { telemetry, path, sink, events }
}

function eventsIn(text: string): readonly string[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const event = JSON.parse(line) as { tripline: { event: string; id?: string } }
      return event.tripline.id ?? event.tripline.event
    })
}

it('leaves out matches that are held back: each event raises an alert', () =>
  inFolder(async (folder) => {
    const { sink, events, telemetry } = await setUp(folder)
    const held = sampleMatch({ id: 'held', suppressedBy: ['score'] })
    await sink.write({ parsed: [], matches: [held, sampleMatch({ id: 'true' })] }, never)
    await sink.write({ parsed: [], matches: [held] }, never)
    await sink.close()
    expect(events()).toEqual(['true'])
    expect(await telemetry.metrics.total('sink_records_total')).toBe(1)
  }))

describe('the pace', () => {
  it('is kept within a delivery, and said once', () =>
    inFolder(async (folder) => {
      const { clock, slept } = impatientClock()
      const { sink, events, telemetry } = await setUp(folder, { maxPerSecond: 400 }, clock)
      await sink.write(sampleDelivery('a', 1000), never)
      await sink.close()
      expect(events()).toHaveLength(1000)
      // Two hundred at once, then one hundred each quarter second.
      expect(slept).toEqual(Array.from({ length: 8 }, () => 250))
      expect(telemetry.lines.map(({ level }) => level)).toEqual([40])
    }))

  it('ends with the signal, and the same delivery goes on where it broke off', () =>
    inFolder(async (folder) => {
      const { clock } = impatientClock()
      const stop = new AbortController()
      const stopping = {
        ...clock,
        sleep: (ms: number) => {
          stop.abort()
          return clock.sleep(ms)
        },
      }
      const { sink, events } = await setUp(folder, {}, stopping)
      const delivery = sampleDelivery('a', 300)
      await expect(sink.write(delivery, stop.signal)).rejects.toMatchObject({ code: 'SINK_UNWRITABLE' })
      expect(events()).toHaveLength(200)
      await sink.write(delivery, never)
      expect(events()).toEqual(delivery.matches.map(({ id }) => id))
      await sink.close()
    }))

  it('counts events, of which an alert may have several, and goes on between two of them', async () =>
    inFolder(async (folder) => {
      const { clock } = impatientClock()
      const stop = new AbortController()
      const sleep = (ms: number) => {
        stop.abort()
        return clock.sleep(ms)
      }
      const { sink, events, telemetry } = await setUp(folder, {}, { ...clock, sleep })
      const ids = Array.from({ length: 100 }, (_, number) => `${number}`)
      const [a, b, c] = [
        byPattern(indicatorOf('a')),
        byPattern(indicatorOf('b')),
        byPattern(indicatorOf('c')),
      ]
      const matches = ids.map((id) =>
        openCtiMatch([a, b, c], { alert: sampleAlert({ id }), changes: { id } }),
      )
      const delivery = { parsed: [], matches }
      const expected = ids.flatMap((id) => [id, id, id])
      await expect(sink.write(delivery, stop.signal)).rejects.toMatchObject({ code: 'SINK_UNWRITABLE' })
      expect(events()).toEqual(expected.slice(0, 200))
      await sink.write(delivery, never)
      expect(events()).toEqual(expected)
      expect(await telemetry.metrics.total('sink_records_total')).toBe(300)
      await sink.close()
    }))

  it('may be as slow as one a second', () =>
    inFolder(async (folder) => {
      const { clock, slept } = impatientClock()
      const { sink, events } = await setUp(folder, { maxPerSecond: 1 }, clock)
      await sink.write(sampleDelivery('a', 4), never)
      await sink.close()
      expect(events()).toHaveLength(4)
      expect(slept).toEqual([1000, 1000])
    }))
})

describe('troubles with providers', () => {
  it('are told once, between whole deliveries', () =>
    inFolder(async (folder) => {
      const { sink, events } = await setUp(folder)
      await Promise.all([
        sink.write(sampleDelivery('a', 2), never),
        ...Array.from({ length: 5 }, () => sink.notice?.(failing)),
        sink.write(sampleDelivery('b', 1), never),
      ])
      await sink.notice?.({ ...failing, kind: 'recovered' })
      await sink.close()
      expect(events()).toEqual(['a-0', 'a-1', 'failing', 'b-0', 'recovered'])
    }))

  it('that cannot be written are counted and said, never thrown; the next one is tried', () =>
    inFolder(async (folder) => {
      const { sink, events, telemetry, path } = await setUp(folder)
      rmSync(path)
      symlinkSync('/dev/full', path)
      await sink.notice?.(failing)
      expect(await telemetry.metrics.total('sink_errors_total')).toBe(1)
      expect(telemetry.lines).toMatchObject([{ level: 40, sink: 'wazuh' }])
      rmSync(path)
      await sink.notice?.(failing)
      expect(events()).toEqual(['failing'])
      await sink.close()
    }))

  it('are not told any more after the sink was closed', () =>
    inFolder(async (folder) => {
      const { sink, events } = await setUp(folder)
      await sink.close()
      await sink.notice?.(failing)
      expect(events()).toEqual([])
    }))
})

it('rotates by renaming, never by truncating: Wazuh goes on in the renamed file', () =>
  inFolder(async (folder) => {
    const { sink } = await setUp(folder, { maxSize: '4KiB', backups: 9 })
    const deliveries = ['a', 'b', 'c'].map((prefix) => sampleDelivery(prefix, 4))
    for (const delivery of deliveries) await sink.write(delivery, never)
    await sink.close()
    const texts = await textsOf(folder)
    expect(Object.keys(texts).length).toBeGreaterThan(1)
    const ids = Object.values(texts).flatMap(eventsIn).toSorted()
    expect(ids).toEqual(deliveries.flatMap(({ matches }) => matches.map(({ id }) => id)))
  }))
