import type { Clock } from '../core/clock.ts'
import { AppError } from '../core/errors.ts'
import { createLatch } from '../core/latch.ts'
import type { ChangeSet, IntelProvider } from '../core/ports.ts'
import type { AppEvents } from '../telemetry/events/app.ts'

/** Takes a provider's change sets: the mirror. */
export interface ChangeTarget {
  apply(provider: string, change: ChangeSet, signal: AbortSignal): Promise<void>
}

export interface Following {
  /** Resolves when every provider has given what it had at start, or at abort. */
  readonly ready: Promise<void>
  /** Resolves after abort, when nothing is applied any more. */
  readonly ended: Promise<void>
}

const RETRY_MS = 10_000

/** Fills the mirror from all providers at once and then follows them until the signal aborts. */
export function followProviders(
  providers: readonly IntelProvider[],
  target: ChangeTarget,
  {
    clock,
    events,
    signal,
  }: { readonly clock: Clock; readonly events: AppEvents; readonly signal: AbortSignal },
): Following {
  const followers = providers.map((provider) => {
    const ready = createLatch()
    return { ready: ready.opened, ended: follow(provider, ready.open).finally(ready.open) }
  })

  async function follow(provider: IntelProvider, isReady: () => void): Promise<void> {
    while (!signal.aborted && provider.changes !== undefined) {
      try {
        for await (const change of provider.changes(signal)) {
          if (change.kind === 'ready') isReady()
          await applyOne(provider, change)
        }
      } catch (error) {
        if (!signal.aborted) events.providerFailed(provider.id, error, RETRY_MS)
      }
      if (!signal.aborted) await clock.sleep(RETRY_MS, signal)
    }
  }

  /** A unit that cannot be loaded keeps its earlier indicators. The provider has told its own errors, the mirror has not. */
  async function applyOne(provider: IntelProvider, change: ChangeSet): Promise<void> {
    try {
      await target.apply(provider.id, change, signal)
    } catch (error) {
      const told = error instanceof AppError && error.code !== 'STATE_UNWRITABLE'
      if (!signal.aborted && !told) events.unitFailed(provider.id, unitOf(change), error)
    }
  }

  return {
    ready: Promise.all(followers.map((each) => each.ready)).then(() => undefined),
    ended: Promise.all(followers.map((each) => each.ended)).then(() => undefined),
  }
}

function unitOf(change: ChangeSet): string {
  return change.kind === 'ready' ? '' : change.unit
}
