import type { DeadLetters } from '../core/dead-letter.ts'
import type { IntelProvider, Store } from '../core/ports.ts'
import { drainPending } from '../pipeline/drain.ts'
import type { Finish } from '../pipeline/finish.ts'
import { createAskOnline, type AskOnline, type OnlineProvider } from '../pipeline/online.ts'
import { openPendingQueue, type PendingQueue } from '../pipeline/pending.ts'
import type { AlertPatterns } from '../pipeline/patterns.ts'
import type { Policy } from '../pipeline/policy.ts'
import { pendingEvents } from '../telemetry/events/pending.ts'
import type { DaemonParts, StartContext } from './components.ts'

interface OnlineContext extends StartContext {
  readonly store: Store
  readonly policy: Policy
  readonly patterns: AlertPatterns
  readonly finish: Finish
  /** As in the pipeline: matches are not judged before the warning-lists are there. */
  readonly ready: Promise<boolean>
  readonly deadLetters: DeadLetters
}

interface Online {
  readonly askOnline: AskOnline
  readonly pending: PendingQueue
}

export function isOnline(provider: IntelProvider): provider is OnlineProvider {
  return provider.lookup !== undefined
}

/** Online look-ups of the pipeline, and what asks again for what was not answered. */
export async function openOnline(
  all: readonly IntelProvider[],
  { config, telemetry }: DaemonParts,
  { closing, stop, store, policy, patterns, finish, ready, deadLetters }: OnlineContext,
): Promise<Online> {
  const { clock } = telemetry
  const providers = all.filter(isOnline)
  const events = pendingEvents(telemetry)
  const ids = providers.map(({ id }) => id)
  const ending = new AbortController()
  const signal = AbortSignal.any([stop, ending.signal])
  const queue = await openPendingQueue({
    config: config.online.pending,
    providers: ids,
    store,
    clock,
    events,
    deadLetters,
    stop: signal,
  })
  const ended = new Promise<false>((resolve) => {
    signal.addEventListener('abort', () => resolve(false), { once: true })
  })
  const draining = providers.map(async (provider) => {
    if (await Promise.race([ready, ended]))
      await drainPending(provider, { queue, policy, patterns, finish, clock, events, deadLetters }, signal)
  })
  closing.push('unanswered alerts', async () => {
    ending.abort()
    await Promise.all(draining)
  })
  const patienceMs = config.online.patience
  const askOnline = createAskOnline({ providers, policy, patterns, patienceMs, clock })
  return { askOnline, pending: queue }
}
