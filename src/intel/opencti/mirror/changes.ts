import { toAppError } from '../../../core/errors.ts'
import { follow, type Followed } from '../stream/follow.ts'
import { positionMs } from '../stream/messages.ts'
import type { CopyNote } from './note.ts'
import { changesSince, newestChange } from './poll.ts'
import type { Step, StepParts } from './steps.ts'

/** Follows the live stream; while it is refused, the server is polled. */
export async function* streamed(stream: string, parts: StepParts, signal: AbortSignal): AsyncGenerator<Step> {
  const { http, config, dictionary, clock, copy, schedule } = parts
  const position = (): string | undefined => copy.note.get().position
  let pollAt = 0
  for await (const step of follow({ http, config, stream, dictionary, clock, position }, signal)) {
    yield* followedStep(step, parts)
    if (step.kind !== 'failed' || clock.monotonic() < pollAt) continue
    pollAt = clock.monotonic() + config.mirror.pollInterval
    // One attempt: the stream is what is waited for.
    yield* polledOnce({ ...parts, retries: 0 }, signal)
    schedule.setBased()
  }
}

function* followedStep(step: Followed, { copy, schedule, events }: StepParts): Generator<Step> {
  schedule.setStreaming(step.kind !== 'failed')
  if (step.kind === 'connected') events.connected(step.from)
  else if (step.kind === 'begins') {
    // What was missed before is not known. Asked for first: the position says that nothing is missing.
    if (copy.note.get().complete) schedule.ask()
    copy.note.set({ position: step.position }, true)
    schedule.setBased()
  } else if (step.kind === 'gap') {
    events.gap(step.from, step.first)
    schedule.ask()
  } else if (step.kind === 'failed') {
    events.streamFailed(step.error, step.retryInMs)
    yield { kind: 'follow-failed', error: step.error, retryInMs: step.retryInMs }
  } else {
    schedule.setBased()
    events.rowsMalformed(step.malformed)
    if (step.objects.size > 0) yield { kind: 'objects', objects: step.objects }
    // After the objects: at a restart in between they come once more.
    if (step.position !== undefined) copy.note.set({ position: step.position })
    if (step.isCaughtUp) yield { kind: 'alive', by: 'stream' }
  }
}

/** Asks for changes at an interval. */
export async function* polled(parts: StepParts, signal: AbortSignal): AsyncGenerator<Step> {
  const { config, clock, schedule } = parts
  while (!signal.aborted) {
    yield* polledOnce(parts, signal)
    schedule.setBased()
    await clock.sleep(config.mirror.pollInterval, signal)
  }
}

async function* polledOnce(parts: StepParts, signal: AbortSignal): AsyncGenerator<Step> {
  const { copy, config, events } = parts
  try {
    const since = knownUntil(copy.note.get())
    if (since === undefined) {
      const newest = await newestChange(parts, signal)
      copy.note.set({ polledUntil: newest ?? new Date(0).toISOString() })
      return
    }
    let isWhole = false
    for await (const { objects, until, isLast } of changesSince(since, parts, signal)) {
      if (objects.size > 0) yield { kind: 'objects', objects }
      copy.note.set({ polledUntil: until })
      isWhole = isLast
    }
    if (isWhole) yield { kind: 'alive', by: 'poll' }
  } catch (cause) {
    if (signal.aborted) return
    const error = toAppError(cause)
    events.pollFailed(error, config.mirror.pollInterval)
    yield { kind: 'follow-failed', error, retryInMs: config.mirror.pollInterval }
  }
}

/** Up to where changes are known, by whichever way they came. */
function knownUntil({ polledUntil, position }: CopyNote): string | undefined {
  const streamedUntil = position === undefined ? undefined : new Date(positionMs(position)).toISOString()
  if (polledUntil === undefined || streamedUntil === undefined) return polledUntil ?? streamedUntil
  return polledUntil > streamedUntil ? polledUntil : streamedUntil
}
