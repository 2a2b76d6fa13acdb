import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'
import { createTally } from './measure/tally.ts'
import type { AlertPath, UnansweredReason } from './path.ts'
import type { Ending, Times } from './schema.ts'

export interface DriveOptions {
  readonly path: AlertPath
  /** The bytes of an alert, by its number from 0. */
  readonly alertAt: (number: number) => Buffer
  readonly clock: Clock
  /** Ends at once; what is under way is not counted. */
  readonly signal: AbortSignal
  /** Aborted with `signal`: why it did. */
  readonly because: () => Ending
  /** Most alerts. */
  readonly count: number
  /** No alert is begun after that. */
  readonly limitMs: number
  /** Whether the limit is what is wanted, or cuts the count short. */
  readonly untilLimit?: true
  readonly concurrency: number
  /** Alerts that begin in a second; as many as go when absent. */
  readonly perSecond?: number
  readonly onAlert?: (done: number) => void
}

/** What became of the alerts of one run. */
export interface Driven {
  readonly ended: Ending
  readonly seconds: number
  readonly alerts: number
  readonly alertsUnanswered: number
  readonly observables: number
  readonly matches: number
  readonly ms: Times
  readonly localMs: Times
  readonly unanswered: Readonly<Record<string, number>>
}

/** So often other work gets its turn where no alert waits for anything. */
const TURN_EVERY = 32

/** Takes alerts along a path, some at a time. Its memory does not grow with their number. */
export async function drive(options: DriveOptions): Promise<Driven> {
  const { path, alertAt, clock, signal, concurrency, limitMs } = options
  const whole = createTally()
  const local = createTally()
  const unanswered = new Map<UnansweredReason, number>()
  const sums = { alerts: 0, alertsUnanswered: 0, observables: 0, matches: 0 }
  const started = clock.monotonic()
  const isLate = (): boolean => clock.monotonic() - started >= limitMs
  let next = 0

  async function work(): Promise<void> {
    while (next < options.count && !signal.aborted) {
      const number = next
      next += 1
      await onTime(number)
      if (signal.aborted || isLate()) return
      const taken = await path.take(alertAt(number), signal)
      if (signal.aborted) return
      note(taken)
      if (number % TURN_EVERY === 0) await turn()
    }
  }

  async function onTime(number: number): Promise<void> {
    if (options.perSecond === undefined) return
    const dueMs = started + (number * 1000) / options.perSecond
    const waitMs = Math.min(dueMs, started + limitMs) - clock.monotonic()
    if (waitMs > 0) await clock.sleep(waitMs, signal)
  }

  function note(taken: Awaited<ReturnType<AlertPath['take']>>): void {
    whole.add(taken.ms)
    local.add(taken.localMs)
    sums.alerts += 1
    sums.observables += taken.observables
    sums.matches += taken.matches
    if (taken.unanswered.length > 0) sums.alertsUnanswered += 1
    for (const reason of taken.unanswered) unanswered.set(reason, (unanswered.get(reason) ?? 0) + 1)
    options.onAlert?.(sums.alerts)
  }

  await Promise.all(Array.from({ length: concurrency }, work))
  const cutShort = sums.alerts < options.count && options.untilLimit !== true
  return {
    ...sums,
    ended: signal.aborted ? options.because() : cutShort ? 'time limit' : 'done',
    seconds: (clock.monotonic() - started) / 1000,
    ms: whole.times(),
    localMs: local.times(),
    unanswered: Object.fromEntries(unanswered),
  }
}
