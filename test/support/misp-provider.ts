import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { observableKey, type Observable, type ObservableType } from '../../src/core/observable.ts'
import type { IntelProvider, Store } from '../../src/core/ports.ts'
import type { Verdict } from '../../src/core/verdict.ts'
import { mispConfig } from '../../src/intel/misp/config.ts'
import { createMispProvider } from '../../src/intel/misp/misp.ts'
import { createMemoryStore } from '../../src/store/memory/memory.ts'
import { startFakeMisp, type FakeMisp, type FakeMispOptions } from './fake-misp/fake-misp.ts'
import type { FakeAttributeInput } from './fake-misp/types.ts'
import { NO_ABORT } from './lookup.ts'
import { recordedTelemetry, type RecordedTelemetry } from './telemetry.ts'

/** Undone after each test, last first. */
export const cleanUp: (() => unknown)[] = []

afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step()
})

/** A MISP with one event, closed after the test. */
export async function fake(
  attributes: readonly FakeAttributeInput[] = [],
  options: FakeMispOptions = {},
): Promise<FakeMisp> {
  const misp = await startFakeMisp({ events: [{ attributes }], ...options })
  cleanUp.push(() => misp.close())
  return misp
}

interface Asking {
  readonly provider: IntelProvider
  readonly telemetry: RecordedTelemetry
  readonly ask: (observables: readonly Observable[]) => Promise<readonly Verdict[]>
}

export function provided(misp: FakeMisp, more: Record<string, unknown>, store?: Store, clock = systemClock) {
  const telemetry = recordedTelemetry(clock)
  const config = mispConfig.parse({
    type: 'misp',
    url: misp.url,
    apiKey: misp.keys.user,
    retries: 0,
    rateLimit: '1ms',
    ...more,
  })
  const stateDir = mkdtempSync(join(tmpdir(), 'tripline-misp-'))
  cleanUp.push(() => rmSync(stateDir, { recursive: true }))
  const used = store ?? createMemoryStore({ clock: systemClock, maxEntries: 100_000 })
  const provider = createMispProvider({ id: 'misp', config, telemetry, store: used, stateDir })
  cleanUp.push(() => provider.close())
  return { provider, telemetry }
}

export function asking(misp: FakeMisp, more: Record<string, unknown> = {}, store?: Store): Asking {
  const { provider, telemetry } = provided(misp, more, store)
  const { lookup } = provider
  if (lookup === undefined) throw new Error('the provider cannot be asked')
  return {
    provider,
    telemetry,
    ask: async (observables) => {
      const verdicts = await lookup(observables, NO_ABORT)
      return observables.flatMap((each) => verdicts.get(observableKey(each)) ?? [])
    },
  }
}

export function observable(type: ObservableType, value: string): Observable {
  return { type, value, where: ['data.field'] }
}

export function told(verdict: Verdict | undefined): readonly string[] {
  if (verdict?.kind !== 'hit') return [verdict?.kind ?? 'nothing']
  return verdict.indicators.map(({ indicator, kind }) => `${kind} ${indicator.sourceType} ${indicator.value}`)
}
