import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { observableKey, type Observable, type ObservableType } from '../../src/core/observable.ts'
import type { IntelProvider, Notice, Store } from '../../src/core/ports.ts'
import type { Verdict } from '../../src/core/verdict.ts'
import { openCtiConfig } from '../../src/intel/opencti/config.ts'
import { createOpenCtiProvider } from '../../src/intel/opencti/opencti.ts'
import { createMemoryStore } from '../../src/store/memory/memory.ts'
import { startFakeOpenCti, type FakeOpenCti, type FakeOpenCtiOptions } from './fake-opencti/fake-opencti.ts'
import { NO_ABORT } from './lookup.ts'
import { recordedTelemetry, type RecordedTelemetry } from './telemetry.ts'

/** Undone after each test, last first. */
export const cleanUp: (() => unknown)[] = []

afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step()
})

/** An OpenCTI, closed after the test. */
export async function fake(options: FakeOpenCtiOptions = {}): Promise<FakeOpenCti> {
  const opencti = await startFakeOpenCti(options)
  cleanUp.push(() => opencti.close())
  return opencti
}

interface Provided {
  readonly provider: IntelProvider
  readonly telemetry: RecordedTelemetry
  readonly notices: readonly Notice[]
  readonly stateDir: string
}

export function provided(
  opencti: FakeOpenCti,
  more: Record<string, unknown> = {},
  {
    store,
    clock = systemClock,
    stateDir = scratch(),
  }: { store?: Store; clock?: typeof systemClock; stateDir?: string } = {},
): Provided {
  const telemetry = recordedTelemetry(clock)
  const notices: Notice[] = []
  const config = openCtiConfig.parse({
    type: 'opencti',
    url: opencti.url,
    token: opencti.token,
    retries: 0,
    rateLimit: '1ms',
    ...more,
  })
  const provider = createOpenCtiProvider({
    id: 'opencti',
    config,
    telemetry,
    store: store ?? createMemoryStore({ clock: systemClock, maxEntries: 100_000 }),
    stateDir,
    once: true,
    onNotice: (notice) => notices.push(notice),
  })
  cleanUp.push(() => provider.close())
  return { provider, telemetry, notices, stateDir }
}

export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tripline-opencti-'))
  cleanUp.push(() => rmSync(folder, { recursive: true }))
  return folder
}

export interface Asking extends Provided {
  readonly ask: (observables: readonly Observable[]) => Promise<readonly Verdict[]>
}

export function asking(...args: Parameters<typeof provided>): Asking {
  const parts = provided(...args)
  const { lookup } = parts.provider
  if (lookup === undefined) throw new Error('It cannot be asked')
  return {
    ...parts,
    ask: async (observables) => {
      const verdicts = await lookup(observables, NO_ABORT)
      return observables.map((each) => {
        const verdict = verdicts.get(observableKey(each))
        if (verdict === undefined) throw new Error(`No verdict for ${observableKey(each)}`)
        return verdict
      })
    },
  }
}

export function seen(type: ObservableType, value: string): Observable {
  return { type, value, where: ['data.srcip'] }
}

/** What a verdict says, short. */
export function hitsOf(verdict: Verdict | undefined): readonly string[] {
  if (verdict?.kind !== 'hit') return []
  return verdict.indicators.map(
    ({ indicator, kind }) => `${kind} ${indicator.context?.found ?? '-'} ${indicator.title ?? '-'}`,
  )
}
