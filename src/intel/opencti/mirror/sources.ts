import { toAppError, type AppError } from '../../../core/errors.ts'
import type { HttpClient } from '../../http/client.ts'
import type { OpenCtiClient } from '../api.ts'
import type { IndicatorNode } from '../client/schema.ts'
import { follow } from '../stream/follow.ts'
import { positionMs } from '../stream/messages.ts'
import type { OpenCtiCopy, OpenCtiMirrorOptions } from './copy.ts'
import { loadAll, type LoadParts } from './load.ts'
import type { CopyNote } from './note.ts'
import { changesSince, newestChange } from './poll.ts'

/** What brings a copy up to date gives, one after the other. */
export type Step =
  | {
      readonly kind: 'loaded'
      readonly changed: readonly string[]
      readonly done: number
      readonly total: number | undefined
    }
  | { readonly kind: 'load-ended'; readonly read: number; readonly ms: number }
  | { readonly kind: 'load-failed'; readonly error: AppError; readonly retryInMs: number }
  | { readonly kind: 'objects'; readonly objects: ReadonlyMap<string, IndicatorNode | undefined> }
  /** Nothing newer is missing. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'follow-failed'; readonly error: AppError; readonly retryInMs: number }

export interface SourceParts extends LoadParts, Pick<OpenCtiMirrorOptions, 'telemetry'> {
  readonly client: Pick<OpenCtiClient, 'indicators' | 'requireVersion'>
  readonly config: OpenCtiMirrorOptions['config']
  readonly copy: OpenCtiCopy
  readonly http: Pick<HttpClient, 'open' | 'server'>
  readonly schedule: LoadSchedule
}

/** When everything is loaded, and what a load that is under way must not overwrite. */
export interface LoadSchedule {
  /** Resolves when a load is due; at abort, too. */
  readonly due: (signal: AbortSignal) => Promise<void>
  readonly ask: () => void
  /** It is known from where on changes come: a load misses none. Resolves, too, when that cannot be known. */
  readonly based: Promise<void>
  readonly setBased: () => void
  /** Objects that were changed since the load began; undefined when none is under way. */
  since: Set<string> | undefined
}

const FIRST_RETRY_MS = 5000
const MAX_RETRY_MS = 300_000

/** Loads everything when it is due, until abort. */
export async function* loads(parts: SourceParts, signal: AbortSignal): AsyncGenerator<Step> {
  const { client, clock, copy, schedule } = parts
  await Promise.race([schedule.based, aborted(signal)])
  let failures = 0
  for (;;) {
    await schedule.due(signal)
    if (signal.aborted) return
    const started = clock.monotonic()
    const since = new Set<string>()
    schedule.since = since
    const onDistrusted = (): void => copy.setNote({ shrunk: true }, true)
    const options = { since, believeAnything: copy.note().shrunk, onDistrusted }
    try {
      await client.requireVersion(signal)
      let read = 0
      for await (const { changed, done, total } of loadAll(parts, options, signal)) {
        read = done
        yield { kind: 'loaded', changed, done, total }
      }
      failures = 0
      copy.setNote(
        {
          complete: true,
          shrunk: false,
          loadedAt: clock.now(),
          succeededAt: clock.now(),
          leftOut: copy.content.leftOut,
        },
        true,
      )
      yield { kind: 'load-ended', read, ms: Math.round(clock.monotonic() - started) }
    } catch (cause) {
      if (signal.aborted) return
      const error = toAppError(cause)
      failures += 1
      const retryInMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10))
      yield { kind: 'load-failed', error, retryInMs }
      await clock.sleep(retryInMs, signal)
      schedule.ask()
    } finally {
      schedule.since = undefined
    }
  }
}

/** Follows the live stream; while it is refused, the server is polled. */
export async function* streamed(
  stream: string,
  parts: SourceParts,
  signal: AbortSignal,
): AsyncGenerator<Step> {
  const { http, config, dictionary, clock, copy, schedule, events } = parts
  let pollAt = 0
  const followed = follow(
    { http, config, stream, dictionary, clock, position: () => copy.note().position },
    signal,
  )
  for await (const step of followed) {
    if (step.kind === 'connected') events.connected(step.from)
    else if (step.kind === 'begins') {
      copy.setNote({ position: step.position })
      schedule.setBased()
    } else if (step.kind === 'gap') {
      events.gap(step.from, step.first)
      schedule.ask()
    } else if (step.kind === 'failed') {
      events.streamFailed(step.error, step.retryInMs)
      yield { kind: 'follow-failed', error: step.error, retryInMs: step.retryInMs }
      if (clock.monotonic() >= pollAt) {
        pollAt = clock.monotonic() + config.mirror.pollInterval
        yield* polledOnce(parts, signal)
      }
      schedule.setBased()
    } else {
      schedule.setBased()
      events.rowsMalformed(step.malformed)
      if (step.objects.size > 0) yield { kind: 'objects', objects: step.objects }
      // After the objects: at a restart in between they come once more.
      if (step.position !== undefined) copy.setNote({ position: step.position })
      yield { kind: 'alive' }
    }
  }
}

/** Asks for changes at an interval. */
export async function* polled(parts: SourceParts, signal: AbortSignal): AsyncGenerator<Step> {
  const { config, clock, schedule } = parts
  while (!signal.aborted) {
    yield* polledOnce(parts, signal)
    schedule.setBased()
    await clock.sleep(config.mirror.pollInterval, signal)
  }
}

async function* polledOnce(parts: SourceParts, signal: AbortSignal): AsyncGenerator<Step> {
  const { copy, config, events } = parts
  try {
    const since = knownUntil(copy.note())
    if (since === undefined) {
      const newest = await newestChange(parts, signal)
      copy.setNote({ polledUntil: newest ?? new Date(0).toISOString() })
      return
    }
    for await (const { objects, until } of changesSince(since, parts, signal)) {
      if (objects.size > 0) yield { kind: 'objects', objects }
      copy.setNote({ polledUntil: until })
    }
    yield { kind: 'alive' }
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

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
