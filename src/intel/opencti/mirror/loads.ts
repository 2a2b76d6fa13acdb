import { aborted } from '../../../core/abort.ts'
import { toAppError } from '../../../core/errors.ts'
import { loadAll } from './load.ts'
import type { Step, StepParts } from './steps.ts'

const FIRST_RETRY_MS = 5000
const MAX_RETRY_MS = 300_000
/** So long far fewer indicators than before must be shown until that is believed. */
const BELIEVED_AFTER_MS = 3_600_000

/** Loads everything when it is due, until abort. */
export async function* loads(parts: StepParts, signal: AbortSignal): AsyncGenerator<Step> {
  const { clock, schedule } = parts
  await Promise.race([schedule.based, aborted(signal)])
  let failures = 0
  while (!signal.aborted) {
    // One that failed is tried again, also where the last good one is not old.
    if (failures === 0) await schedule.due(signal)
    if (signal.aborted) return
    try {
      yield* oneLoad(parts, signal)
      failures = 0
    } catch (cause) {
      if (signal.aborted) return
      const error = toAppError(cause)
      failures += 1
      const retryInMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10))
      yield { kind: 'load-failed', error, retryInMs }
      await clock.sleep(retryInMs, signal)
    }
  }
}

async function* oneLoad(parts: StepParts, signal: AbortSignal): AsyncGenerator<Step> {
  const { client, clock, copy, schedule } = parts
  const started = clock.monotonic()
  const since = new Set<string>()
  schedule.since = since
  const wasMissed = schedule.begin()
  const { shrunkAt } = copy.note.get()
  const believedAfterMs = parts.byHand === true ? 0 : BELIEVED_AFTER_MS
  const believeAnything = shrunkAt !== undefined && Math.abs(clock.now() - shrunkAt) >= believedAfterMs
  const onDistrusted = (): void => {
    if (shrunkAt === undefined) copy.note.set({ shrunkAt: clock.now() }, true)
  }
  try {
    await client.requireVersion(signal)
    let read = 0
    for await (const step of loadAll(parts, { since, believeAnything, onDistrusted }, signal)) {
      read = step.done
      yield { kind: 'loaded', ...step }
    }
    copy.note.loadEnded({ leftOut: copy.content.leftOut, isOwed: wasMissed() })
    yield { kind: 'load-ended', read, ms: Math.round(clock.monotonic() - started) }
  } finally {
    schedule.since = undefined
  }
}
