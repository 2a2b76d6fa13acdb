import { systemClock, type Clock } from '../../src/core/clock.ts'
import { createLatch } from '../../src/core/latch.ts'
import type { MatchedIndicator } from '../../src/core/match.ts'
import type { ObservableType } from '../../src/core/observable.ts'
import type { IntelProvider, Notice } from '../../src/core/ports.ts'
import { createMirror, type Mirror } from '../../src/intel/mirror/mirror.ts'
import { createMemoryBodies } from './memory-bodies.ts'
import type { FakeOpenCti } from './fake-opencti/fake-opencti.ts'
import { cleanUp, provided, scratch, seen } from './opencti-provider.ts'
import type { RecordedTelemetry } from './telemetry.ts'

export interface Following {
  readonly provider: IntelProvider
  readonly mirror: Mirror
  readonly telemetry: RecordedTelemetry
  readonly notices: readonly Notice[]
  readonly stateDir: string
  /** Resolves when the provider has given all it had at start. */
  readonly ready: Promise<void>
  /** Titles of what the mirror has for a value. */
  titles(type: ObservableType, value: string): readonly string[]
  find(type: ObservableType, value: string): readonly MatchedIndicator[]
  logged(message: string): number
  stop(): Promise<void>
}

/** A copy of the fake that is followed until the test ends. */
export function following(
  opencti: FakeOpenCti,
  more: Record<string, unknown> = {},
  { stateDir = scratch(), clock = systemClock }: { stateDir?: string; clock?: Clock } = {},
): Following {
  const { provider, telemetry, notices } = provided(opencti, { mode: 'mirror', ...more }, { stateDir, clock })
  const mirror = createMirror({ bodies: createMemoryBodies(), telemetry, providerIds: ['opencti'] })
  const stopping = new AbortController()
  const ready = createLatch()
  const work = (async (): Promise<void> => {
    for await (const change of provider.changes?.(stopping.signal) ?? []) {
      await mirror.apply('opencti', change, stopping.signal).catch(() => undefined)
      if (change.kind === 'ready') ready.open()
    }
  })()
  const stop = async (): Promise<void> => {
    stopping.abort()
    await work
    await provider.close()
    await mirror.close()
  }
  cleanUp.push(stop)
  const find = (type: ObservableType, value: string): readonly MatchedIndicator[] =>
    mirror.find(seen(type, value))
  return {
    provider,
    mirror,
    telemetry,
    notices,
    stateDir,
    ready: ready.opened,
    find,
    titles: (type, value) => find(type, value).map(({ indicator }) => indicator.title ?? '-'),
    logged: (message) => telemetry.lines.filter(({ msg }) => msg === message).length,
    stop,
  }
}
