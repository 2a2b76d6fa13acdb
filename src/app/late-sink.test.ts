import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import { keptDeadLetters } from '../../test/support/dead-letters.ts'
import { inFolder } from '../../test/support/sink-files.ts'
import { sampleDelivery } from '../../test/support/sink-samples.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import { settingsSchema } from '../config/schema.ts'
import type { Sink } from '../core/ports.ts'
import { createDeliver } from '../pipeline/deliver.ts'
import { appEvents } from '../telemetry/events/app.ts'
import { deliveryEvents } from '../telemetry/events/delivery.ts'
import { createSinks, outletsOf } from './components.ts'
import { createClosingStack } from './shutdown.ts'

const never = new AbortController().signal

async function setUp(folder: string) {
  const sinks = {
    late: {
      type: 'match-log',
      path: join(folder, 'later', 'ioc-matched.log'),
      required: false,
      buffer: { maxDeliveries: 3 },
    },
  }
  const config = settingsSchema.parse({ stateDir: folder, sinks })
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const closing = createClosingStack(clock, appEvents(telemetry))
  const parts = { config, telemetry, stdout: new Writable(), version: '0' }
  return { sinks: await createSinks(parts, { closing }), config, clock, telemetry, closing }
}

it('a sink that is opened late keeps room for what it takes: nothing else waits for it', () =>
  inFolder(async (folder) => {
    // A file where its folder would be.
    await writeFile(join(folder, 'later'), '')
    const { sinks, config, clock, telemetry, closing } = await setUp(folder)
    let refusals = 0
    const counted = sinks.map((sink): Sink => ({
      ...sink,
      write: (delivery, signal) =>
        sink.write(delivery, signal).catch((error: unknown) => {
          refusals += 1
          throw error
        }),
    }))
    const deadLetters = keptDeadLetters()
    const events = deliveryEvents(telemetry)
    const { deliver, optional } = createDeliver(outletsOf(counted, config), { clock, events, deadLetters })
    const { parsed, matches } = sampleDelivery('a', 1)
    await deliver({ parsed: [], matches }, never)
    await expect.poll(() => refusals).toBe(1)
    for (let more = 0; more < 5; more++) await deliver({ parsed, matches: [] }, never)
    expect(await telemetry.metrics.total('sink_dropped_total')).toBe(0)
    await rm(join(folder, 'later'))
    await clock.advance(250)
    expect(await Promise.all(optional.map(({ drained }) => drained(never)))).toEqual([true])
    expect(await readFile(join(folder, 'later', 'ioc-matched.log'), 'utf8')).toContain(matches[0]?.id)
    expect(deadLetters.letters).toEqual([])
    await closing.closeAll(1000)
  }))
