import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen, type IBreaker } from 'cockatiel'
import type { EpochMs } from '../../core/alert.ts'
import { AppError } from '../../core/errors.ts'
import type { Ask, AskLayer } from './ask.ts'
import { createOutage, type OutageOptions } from './outage.ts'
import { untilAborted, withinTime } from './wait.ts'

export interface BreakerOptions extends OutageOptions {
  /** Failures in a row that open it. */
  readonly threshold: number
  /** A cheap request that tells whether the provider is there. Rejects when it is not. */
  readonly probe: (signal: AbortSignal) => Promise<void>
  /** The longest the probe may take. Default 10 s. */
  readonly probeMs?: number
}

export type BreakerState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly retryAt: EpochMs }
  | { readonly kind: 'half-open' }

export interface Breaker {
  readonly layer: AskLayer
  state(): BreakerState
  /** Resolves when a request makes sense: at once while closed, else after the wait or the trial; and on abort. */
  whenRetry(signal: AbortSignal): Promise<void>
}

const NEVER = new AbortController().signal

/**
 * Leaves a provider alone that fails. Closed: requests pass. Open: each is refused at once with PROVIDER_UNREACHABLE and
 * `retryAfterMs`. When the wait is over the next request is the trial: first the probe, then the request itself; others
 * wait for it, and only when both went well is the breaker closed. So a key that was revoked, which a probe without
 * key does not notice, does not open and close it for ever. Closed, and another node warned: the next request is the trial, too, and
 * its failure opens it at once.
 *
 * States and counting are cockatiel's; `halfOpenAfter` lets every call through, because the waiting is done here, on the
 * monotonic clock.
 */
export function createBreaker(options: BreakerOptions): Breaker {
  const { clock, events, hints, probe, probeMs = 10_000 } = options
  /** Settles with the trial, never rejects. */
  let trial: Promise<void> | undefined
  /** While cockatiel counts the failure of the trial: one of a request that was under way before it counts as any other. */
  let isTrialFailing = false
  const policy = circuitBreaker(handleWhen(countsAsFailure), {
    breaker: opensAfter(options.threshold, () => isTrialFailing),
    halfOpenAfter: Number.NEGATIVE_INFINITY,
  })
  const outage = createOutage(options)
  policy.onBreak((reason) => outage.failed('error' in reason ? reason.error : undefined))
  policy.onReset(() => outage.over())

  /** Goes on when its caller has left, as what it finds out serves all; the time-outs inside end it. */
  function startTrial(request: (signal: AbortSignal) => ReturnType<Ask>): ReturnType<Ask> {
    events.breakerProbing()
    const tried = withinTime(probe, { ms: probeMs, clock }).then(() => request(NEVER))
    const work = policy.execute(() => orNoted(tried, () => (isTrialFailing = true)))
    const end = (): void => {
      isTrialFailing = false
      trial = undefined
      if (policy.state === CircuitState.Closed) hints?.clear()
    }
    trial = work.then(end, end)
    return work
  }

  async function pass(
    request: (signal: AbortSignal) => ReturnType<Ask>,
    signal: AbortSignal,
  ): ReturnType<Ask> {
    for (;;) {
      const warned = policy.state === CircuitState.Closed && hints !== undefined && (await hints.warned())
      if (trial !== undefined) await untilAborted(trial, signal)
      else if (policy.state === CircuitState.Closed && !warned) return policy.execute(() => request(signal))
      else if (outage.retryInMs() > 0) throw outage.refusal()
      else return untilAborted(startTrial(request), signal)
    }
  }

  return {
    layer: (next) => (observables, signal) => pass((inner) => next(observables, inner), signal),
    state: () => {
      if (policy.state === CircuitState.Closed) return { kind: 'closed' }
      if (trial !== undefined) return { kind: 'half-open' }
      return { kind: 'open', retryAt: clock.now() + outage.retryInMs() }
    },
    whenRetry: async (signal) => {
      while (!signal.aborted && policy.state !== CircuitState.Closed) {
        const waitMs = outage.retryInMs()
        if (trial !== undefined) await untilAborted(trial, signal).catch(() => undefined)
        else if (waitMs > 0) await clock.sleep(waitMs, signal)
        else return
      }
    },
  }
}

async function orNoted<Result>(work: Promise<Result>, note: () => void): Promise<Result> {
  try {
    return await work
  } catch (error) {
    note()
    throw error
  }
}

/** So many failures in a row, or one of a trial. */
function opensAfter(threshold: number, isTrial: () => boolean): IBreaker {
  const counted = new ConsecutiveBreaker(threshold)
  return {
    get state() {
      return counted.state
    },
    success: () => counted.success(),
    failure: () => counted.failure() || isTrial(),
  }
}

/** All that says the provider is of no use now. Throttling does not, it answers; neither does a caller who left. */
function countsAsFailure(error: Error): boolean {
  if (error instanceof AppError) return error.code !== 'PROVIDER_THROTTLED'
  return error.name !== 'AbortError'
}
