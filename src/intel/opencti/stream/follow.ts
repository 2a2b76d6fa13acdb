import type { Clock } from '../../../core/clock.ts'
import { toAppError, type AppError } from '../../../core/errors.ts'
import type { HttpClient } from '../../http/client.ts'
import type { IndicatorNode } from '../client/schema.ts'
import type { OpenCtiConfig } from '../config.ts'
import type { Dictionary } from '../mirror/dictionary.ts'
import { connect } from './connection.ts'
import { positionMs, readMessage } from './messages.ts'

export interface FollowOptions {
  readonly http: Pick<HttpClient, 'open' | 'server'>
  readonly config: Pick<OpenCtiConfig, 'token'>
  readonly stream: string
  readonly dictionary: Dictionary
  readonly clock: Clock
  /** Up to where the copy has everything; undefined when it has nothing yet. */
  readonly position: () => string | undefined
}

/** What following gives, one after the other. */
export type Followed =
  | { readonly kind: 'connected'; readonly from: string }
  /** Where to begin: a copy that is loaded from now on misses nothing. */
  | { readonly kind: 'begins'; readonly position: string }
  /** The stream does not reach back to where the copy stands. */
  | { readonly kind: 'gap'; readonly from: string; readonly first: string }
  /** The server is there, and nothing newer than `position` is missing. */
  | {
      readonly kind: 'objects'
      /** Undefined: it is no more, or no indicator. */
      readonly objects: ReadonlyMap<string, IndicatorNode | undefined>
      readonly malformed: number
      readonly position?: string
    }
  | { readonly kind: 'failed'; readonly error: AppError; readonly retryInMs: number }

/** Ids come from two clocks (the platform's in heartbeats, Redis' in events): so far back a connection begins. */
const MARGIN_MS = 60_000
/** Markings and rights of the user are those of when it connected. */
const RENEW_MS = 24 * 3_600_000
const FIRST_RETRY_MS = 1000
const MAX_RETRY_MS = 60_000
/** A stream that ended by itself was stopped, or the server restarts. */
const ENDED_RETRY_MS = 2000

/** Follows a live stream until abort, whatever happens to its connections. Rejects at abort only, or never. */
export async function* follow(options: FollowOptions, signal: AbortSignal): AsyncGenerator<Followed> {
  const { clock } = options
  let failures = 0
  while (!signal.aborted) {
    try {
      const from = options.position() ?? (yield* begin(options, signal))
      for await (const followed of oneConnection(options, from, signal)) {
        if (followed.kind === 'objects') failures = 0
        yield followed
      }
      if (!signal.aborted) await clock.sleep(ENDED_RETRY_MS, signal)
    } catch (cause) {
      if (signal.aborted) return
      const error = toAppError(cause)
      failures += 1
      const retryInMs = retryMs(error, failures)
      yield { kind: 'failed', error, retryInMs }
      await clock.sleep(retryInMs, signal)
    }
  }
}

/** The end of the stream as it is now. What comes later is asked for by its position: «now» would let events fall between. */
async function* begin(options: FollowOptions, signal: AbortSignal): AsyncGenerator<Followed, string> {
  const { clock, dictionary } = options
  let position = `${Math.max(0, clock.now() - MARGIN_MS)}-0`
  for await (const messages of connect(options, signal)) {
    const [head] = messages
    if (head === undefined) continue
    const message = readMessage(head, dictionary)
    if (message.kind === 'connected' && message.last !== undefined) position = message.last
    break
  }
  yield { kind: 'begins', position }
  return position
}

async function* oneConnection(
  options: FollowOptions,
  position: string,
  signal: AbortSignal,
): AsyncGenerator<Followed> {
  const { clock, dictionary } = options
  const from = `${Math.max(0, positionMs(position) - MARGIN_MS)}-0`
  const renewAt = clock.monotonic() + RENEW_MS
  for await (const messages of connect({ ...options, from }, signal)) {
    const objects = new Map<string, IndicatorNode | undefined>()
    let malformed = 0
    let at: string | undefined
    for (const each of messages) {
      const message = readMessage(each, dictionary)
      if (message.kind === 'connected') {
        yield { kind: 'connected', from }
        const { first } = message
        if (first !== undefined && positionMs(first) > positionMs(position))
          yield { kind: 'gap', from, first }
        continue
      }
      at = message.position ?? at
      if (message.kind === 'indicator') for (const [id, node] of message.objects) objects.set(id, node)
      else if (message.malformed === true) malformed += 1
    }
    yield { kind: 'objects', objects, malformed, ...(at === undefined ? {} : { position: at }) }
    if (clock.monotonic() >= renewAt) return
  }
}

/** What only a person can change is asked for once a minute. */
function retryMs(error: AppError, failures: number): number {
  if (error.retryability === 'permanent') return MAX_RETRY_MS
  const backoff = Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10), MAX_RETRY_MS)
  return Math.min(MAX_RETRY_MS, Math.max(backoff, error.retryAfterMs ?? 0))
}
