import type { EventSourceMessage } from 'eventsource-parser'
import type { Clock } from '../../../core/clock.ts'
import { AppError, toAppError } from '../../../core/errors.ts'
import type { HttpClient } from '../../http/client.ts'
import type { IndicatorNode } from '../client/schema.ts'
import type { OpenCtiConfig } from '../config.ts'
import type { Dictionary } from './dictionary.ts'
import { connect } from './connection.ts'
import { positionMs, readMessage, type StreamMessage } from './messages.ts'

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
  /** What one piece of the stream held; maybe nothing but a sign of life. */
  | {
      readonly kind: 'objects'
      /** Undefined: it is no more, or no indicator. */
      readonly objects: ReadonlyMap<string, IndicatorNode | undefined>
      readonly malformed: number
      readonly position?: string
      /** Nothing is missing that had happened when it was connected. */
      readonly isCaughtUp: boolean
    }
  | { readonly kind: 'failed'; readonly error: AppError; readonly retryInMs: number }

/** Ids come from two clocks (the platform's in heartbeats, Redis' in events): so far back a connection begins. */
const MARGIN_MS = 60_000
/** Markings and rights of the user are those of when it connected. */
const RENEW_MS = 24 * 3_600_000
const FIRST_RETRY_MS = 1000
const MAX_RETRY_MS = 60_000
/** A server or a proxy may ask for a longer wait. */
const MAX_RETRY_AFTER_MS = 3_600_000
/** A connection that lasted so long was none of a row of failures. */
const LASTING_MS = 30_000

/** Follows a live stream until abort, whatever happens to its connections. Rejects at abort only, or never. */
export async function* follow(options: FollowOptions, signal: AbortSignal): AsyncGenerator<Followed> {
  const { clock } = options
  let failures = 0
  while (!signal.aborted) {
    const began = clock.monotonic()
    try {
      const from = options.position() ?? (yield* begin(options, signal))
      yield* oneConnection(options, from, signal)
      failures = 0
    } catch (cause) {
      if (signal.aborted) return
      const error = toAppError(cause)
      failures = clock.monotonic() - began >= LASTING_MS ? 1 : failures + 1
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

/** Ends when it is to be renewed; throws when it is over otherwise. */
async function* oneConnection(
  options: FollowOptions,
  position: string,
  signal: AbortSignal,
): AsyncGenerator<Followed> {
  const { clock } = options
  const from = `${Math.max(0, positionMs(position) - MARGIN_MS)}-0`
  const renewAt = clock.monotonic() + RENEW_MS
  /** Until it is known to be there, where the stream ended when it was connected. */
  let target: string | undefined = from
  for await (const messages of connect({ ...options, from }, signal)) {
    const { head, ...piece } = readPiece(messages, options.dictionary)
    if (head !== undefined) {
      target = head.last
      yield { kind: 'connected', from }
      const { first } = head
      // Not with the position itself: the clock of heartbeats may be ahead of that of events.
      if (first !== undefined && positionMs(first) > positionMs(from)) yield { kind: 'gap', from, first }
    }
    const at = piece.position
    if (target !== undefined && at !== undefined && isReached(at, target)) target = undefined
    yield { kind: 'objects', ...piece, isCaughtUp: target === undefined }
    if (clock.monotonic() >= renewAt) return
  }
  throw new AppError('PROVIDER_UNREACHABLE', 'OpenCTI ended the live stream', {
    hint: 'It restarts, or the stream was stopped there: it is connected again.',
  })
}

interface Piece extends Pick<
  Extract<Followed, { readonly kind: 'objects' }>,
  'objects' | 'malformed' | 'position'
> {
  readonly head?: Extract<StreamMessage, { readonly kind: 'connected' }>
}

/** What the messages of one piece of the network say together. */
function readPiece(messages: readonly EventSourceMessage[], dictionary: Dictionary): Piece {
  const objects = new Map<string, IndicatorNode | undefined>()
  let malformed = 0
  let at: string | undefined
  let head: Piece['head']
  for (const each of messages) {
    const message = readMessage(each, dictionary)
    if (message.kind === 'connected') {
      head = message
      continue
    }
    at = message.position ?? at
    if (message.kind === 'indicator') for (const [id, node] of message.objects) objects.set(id, node)
    else if (message.malformed === true) malformed += 1
  }
  return {
    objects,
    malformed,
    ...(at === undefined ? {} : { position: at }),
    ...(head === undefined ? {} : { head }),
  }
}

/** Ids are `<ms>-<n>`. */
function isReached(at: string, target: string): boolean {
  const [ms, wantedMs] = [positionMs(at), positionMs(target)]
  return ms === wantedMs
    ? Number(at.slice(at.indexOf('-') + 1)) >= Number(target.slice(target.indexOf('-') + 1))
    : ms > wantedMs
}

/** What only a person can change is asked for once a minute. */
function retryMs(error: AppError, failures: number): number {
  if (error.retryability === 'permanent') return MAX_RETRY_MS
  const backoff = Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10), MAX_RETRY_MS)
  return Math.max(backoff, Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS))
}
