import { onTestFinished } from 'vitest'
import { AppError, type ErrorCode } from '../../src/core/errors.ts'
import type { Sighting, Store } from '../../src/core/ports.ts'
import { mispConfig } from '../../src/intel/misp/config.ts'
import { createMispSightings, type MispSightings } from '../../src/intel/misp/sightings/sightings.ts'
import { createMemoryStore } from '../../src/store/memory/memory.ts'
import { manualClock } from './clock.ts'
import { scriptedSightings } from './scripted-sightings.ts'
import { recordedTelemetry } from './telemetry.ts'

export const HOUR_MS = 3_600_000
/** On the hour, so that an interval begins. */
export const START = Date.UTC(2026, 2, 9, 8)
/** Longer than any back-off. */
export const LONG_MS = 600_000

export const uuid = (number: number): string => `11111111-1111-4111-8111-${String(number).padStart(12, '0')}`

export function sighting(change: Partial<Sighting> = {}): Sighting {
  return {
    ref: uuid(1),
    event: '7',
    value: '198.51.100.7',
    agent: { id: '001', name: 'web-1' },
    manager: 'wazuh',
    seenAt: START,
    alert: 'a1',
    times: 1,
    ...change,
  }
}

export const many = (count: number, change: (index: number) => Partial<Sighting>): readonly Sighting[] =>
  Array.from({ length: count }, (_, index) => sighting({ ref: uuid(index), ...change(index) }))

export async function setUpSightings(
  settings: Record<string, unknown> = {},
  given: { readonly store?: Store; readonly maySight?: boolean; readonly rateLimit?: string } = {},
) {
  const clock = manualClock(START)
  const server = scriptedSightings()
  server.maySight = given.maySight ?? true
  const store = given.store ?? createMemoryStore({ clock, maxEntries: 100_000 })
  const telemetry = recordedTelemetry(clock)
  const config = mispConfig.parse({
    type: 'misp',
    url: 'https://misp.example',
    apiKey: 'k',
    rateLimit: given.rateLimit ?? '0s',
    sightings: { enabled: true, flushEvery: '10s', interval: '1h', ...settings },
  })
  const open = (): MispSightings => {
    const made = createMispSightings({ id: 'misp', config, client: server.client, store, telemetry })
    onTestFinished(() => made.close())
    return made
  }
  const outcomes = async (): Promise<Record<string, number>> => {
    const metric = await telemetry.metrics.registry.getSingleMetric('tripline_sightings_total')?.get()
    return Object.fromEntries(
      (metric?.values ?? []).map(({ labels, value }) => [String(labels['outcome']), value]),
    )
  }
  const messages = (): unknown[] => telemetry.lines.map(({ msg }) => msg)
  const sightings = open()
  // The first flush, at the start, finds nothing and asks for the rights.
  await clock.advance(0)
  return { clock, server, store, telemetry, open, outcomes, messages, sightings }
}

export const failing =
  (code: ErrorCode, options = {}) =>
  (request: string): void => {
    if (request !== 'version') throw new AppError(code, `Scripted ${code}`, options)
  }
export const never = (): void => undefined
