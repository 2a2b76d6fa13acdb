import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { onAbort } from '../../../core/abort.ts'
import type { Clock } from '../../../core/clock.ts'
import { AppError } from '../../../core/errors.ts'
import type { HttpClient, HttpStream } from '../../http/client.ts'
import { refused } from '../client/answers.ts'
import { openCtiHeaders } from '../client/client.ts'
import type { OpenCtiConfig } from '../config.ts'

export interface ConnectionOptions {
  readonly http: Pick<HttpClient, 'open' | 'server'>
  readonly config: Pick<OpenCtiConfig, 'token'>
  readonly stream: string
  /** Absent: from now on, which is good for looking at the head only. */
  readonly from?: string
  readonly clock: Clock
}

/** Nothing for so long, not even a heartbeat (one comes every 5 s): the connection is dead. pycti waits as long. */
const SILENCE_MS = 45_000
/** Of one event: OpenCTI takes bodies of 50 MB, reports with thousands of objects are streamed too. */
const MAX_EVENT_CHARS = 64 * 1024 * 1024

/**
 * Connects to a live stream and gives its messages, those of one piece of the network together. Ends when the server ends it,
 * as when the stream is stopped. Throws an AppError when it cannot be had, breaks or falls silent; the signal's reason after abort.
 */
export async function* connect(
  options: ConnectionOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly EventSourceMessage[]> {
  const inner = new AbortController()
  // By hand: signals made by `AbortSignal.any` of a long-lived one stay in memory on Node 20.
  const unlisten = onAbort(signal, () => inner.abort())
  let discard: (() => void) | undefined
  try {
    signal.throwIfAborted()
    const answer = await options.http.open(
      { method: 'GET', path: pathOf(options), headers: () => headersOf(options.config) },
      inner.signal,
    )
    discard = answer.discard
    checkHead(answer)
    yield* messagesOf(answer.body, { ...options, signal, giveUp: () => inner.abort() })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    unlisten()
    inner.abort()
    discard?.()
  }
}

function pathOf({ stream, from }: ConnectionOptions): string {
  const query = new URLSearchParams({ 'no-dependencies': 'true', 'listen-delete': 'true' })
  if (from !== undefined) query.set('from', from)
  return `/stream/${encodeURIComponent(stream)}?${query.toString()}`
}

function headersOf({ token }: ConnectionOptions['config']): Record<string, string> {
  const { 'content-type': _, ...headers } = openCtiHeaders(token)
  return { ...headers, accept: 'text/event-stream' }
}

function checkHead({ status, headers }: HttpStream): void {
  if (status === 401 || status === 403)
    throw new AppError('PROVIDER_REFUSED', `OpenCTI refuses the live stream (${status})`, {
      hint: 'Is mirror.stream its id, has the role "Access data sharing" (TAXIIAPI), and is the user among its authorized members?',
    })
  if (status === 410)
    throw new AppError('PROVIDER_REFUSED', 'The live stream is stopped in OpenCTI', {
      hint: 'Start it (Data > Data sharing > Live streams).',
    })
  if (status !== 200) throw refused({ status, headers })
  if (!/^text\/event-stream\b/i.test(headers['content-type'] ?? ''))
    throw new AppError(
      'PROVIDER_UNSUPPORTED',
      'There is no live stream at this address: it answers with something else',
      {
        hint: 'Is the path in url right? OpenCTI answers every address it does not know with its web interface.',
      },
    )
}

interface Listening {
  readonly http: ConnectionOptions['http']
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly giveUp: () => void
}

async function* messagesOf(
  body: AsyncIterable<Uint8Array>,
  { http, clock, signal, giveUp }: Listening,
): AsyncGenerator<readonly EventSourceMessage[]> {
  let messages: EventSourceMessage[] = []
  let overlong = false
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARS,
    onEvent: (message) => messages.push(message),
    onError: ({ type }) => {
      overlong ||= type === 'max-buffer-size-exceeded'
    },
  })
  const decoder = new TextDecoder()
  const chunks = body[Symbol.asyncIterator]()
  for (;;) {
    const chunk = await inTime(chunks.next(), { clock, giveUp, server: http.server })
    signal.throwIfAborted()
    if (chunk.done === true) return
    parser.feed(decoder.decode(chunk.value, { stream: true }))
    if (overlong)
      throw new AppError('PROVIDER_MALFORMED', 'OpenCTI sent an event that is too long for its stream')
    // Also when it holds no whole message: bytes are a sign of life.
    const whole = messages
    messages = []
    yield whole
  }
}

interface Watching {
  readonly clock: Clock
  readonly giveUp: () => void
  readonly server: string
}

async function inTime<Result>(work: Promise<Result>, { clock, giveUp, server }: Watching): Promise<Result> {
  const ended = new AbortController()
  let isSilent = false
  const watch = async (): Promise<void> => {
    await clock.sleep(SILENCE_MS, ended.signal)
    if (ended.signal.aborted) return
    isSilent = true
    giveUp()
  }
  void watch()
  try {
    return await work
  } catch (error) {
    if (!isSilent) throw error
    throw new AppError('PROVIDER_UNREACHABLE', `The live stream of ${server} fell silent`, {
      hint: 'It is connected again. A proxy between may keep events back: switch its buffering off.',
    })
  } finally {
    ended.abort()
  }
}
