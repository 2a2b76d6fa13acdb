import { onAbort } from '../core/abort.ts'
import { createBell, type Bell } from '../core/bell.ts'
import { AppError } from '../core/errors.ts'
import type { Delivery, Sink } from '../core/ports.ts'
import { roughSize } from '../core/rough-size.ts'
import type { SinkDrop } from '../telemetry/events/delivery.ts'
import { partFor, type Buffering, type DeliverParts } from './outlet.ts'
import { doubled } from './until-taken.ts'
import { tryWrite } from './try-write.ts'

/** A sink that may miss something: it holds nobody up. */
export interface OptionalSink {
  readonly id: string
  /**
   * Returns at once. At the bound the oldest deliveries are dropped, counted, and their matches become dead letters; so is every
   * further one once the sink can never write again, or takes no more.
   */
  offer(delivery: Delivery): void
  /** Takes no more; resolves to true when all of it is written, to false at abort: what is left then is dropped and counted. */
  readonly drained: (signal: AbortSignal) => Promise<boolean>
}

interface Waiting {
  readonly part: Delivery
  /** 0 of one that did not have to wait. */
  readonly bytes: number
  readonly since: number
}

interface Self extends DeliverParts {
  readonly sink: Sink
  readonly buffer: Buffering
  readonly queue: Waiting[]
  readonly changed: Bell
  /** Aborted when nothing is written any more. */
  readonly ending: AbortController
  bytes: number
  /** The first of the queue is with the sink. */
  isWriting: boolean
  state: 'working' | 'stopping' | 'disabled'
}

const FIRST_WAIT_MS = 250

export function createOptionalSink(sink: Sink, buffer: Buffering, parts: DeliverParts): OptionalSink {
  const self: Self = {
    ...parts,
    sink,
    buffer,
    queue: [],
    changed: createBell(),
    ending: new AbortController(),
    bytes: 0,
    isWriting: false,
    state: 'working',
  }
  const ended = work(self)
  return {
    id: sink.id,
    offer: (delivery) => {
      const part = partFor(sink, delivery)
      if (part !== undefined) offer(self, part)
    },
    drained: async (signal) => {
      if (self.state === 'working') self.state = 'stopping'
      self.changed.ring()
      if (signal.aborted) self.ending.abort()
      const unlisten = onAbort(signal, () => self.ending.abort())
      await ended
      unlisten()
      const left = self.queue.length
      dropAll(self, 'stopped')
      return left === 0
    },
  }
}

function offer(self: Self, part: Delivery): void {
  const { queue, clock, events, sink } = self
  if (self.state !== 'working') return lose(self, part, self.state === 'disabled' ? 'disabled' : 'stopped')
  const bytes = queue.length === 0 ? 0 : roughSize(part)
  queue.push({ part, bytes, since: clock.monotonic() })
  self.bytes += bytes
  makeRoom(self)
  events.buffered(sink.id, queue.length, self.bytes)
  self.changed.ring()
}

/** The one that is being written and the newest stay whatever they take: each is bounded as a batch is. */
function makeRoom(self: Self): void {
  const { queue, buffer } = self
  const first = self.isWriting ? 1 : 0
  while (
    queue.length > first + 1 &&
    (queue.length - first > buffer.maxDeliveries || self.bytes > buffer.maxBytes)
  )
    drop(self, first, 'limit')
}

function drop(self: Self, at: number, reason: SinkDrop): void {
  const [gone] = self.queue.splice(at, 1)
  if (gone === undefined) return
  self.bytes -= gone.bytes
  lose(self, gone.part, reason)
}

function lose({ sink, events, deadLetters, buffer }: Self, part: Delivery, reason: SinkDrop): void {
  events.dropped(sink.id, reason, recordsOf(part))
  // A parsed line says nothing that is not in the alert, and there are too many of them.
  if (buffer.keepsDropped && part.matches.length > 0)
    deadLetters?.offer(part.matches.map((match) => ({ reason: 'dropped', component: sink.id, match })))
}

function dropAll(self: Self, reason: SinkDrop): void {
  while (self.queue.length > 0) drop(self, 0, reason)
  self.events.buffered(self.sink.id, 0, 0)
}

function recordsOf({ parsed, matches }: Delivery): number {
  return parsed.length + matches.length
}

/** Never rejects. */
async function work(self: Self): Promise<void> {
  const { queue, changed, ending, sink, events, clock } = self
  let waitMs = FIRST_WAIT_MS
  let attempts = 1
  while (!ending.signal.aborted) {
    const [first] = queue
    if (first === undefined) {
      if (self.state !== 'working') return
      await changed.rung(ending.signal)
      continue
    }
    self.isWriting = true
    const error = await tryWrite(sink, first.part, {
      clock,
      timeoutMs: self.buffer.timeoutMs,
      ending: ending.signal,
      onLate: (late) => events.optionalFailed(sink.id, late, told(self, first)),
    })
    self.isWriting = false
    if (error === undefined) {
      taken(self, first)
      if (attempts > 1) events.optionalResumed(sink.id, attempts)
      attempts = 1
      waitMs = FIRST_WAIT_MS
    } else if (ending.signal.aborted) return
    else if (error instanceof AppError && error.retryability === 'permanent') return disable(self, error)
    else {
      attempts += 1
      events.optionalFailed(sink.id, error, told(self, first))
      await clock.sleep(waitMs, ending.signal)
      waitMs = doubled(waitMs)
    }
  }
}

function told(
  { queue, clock }: Self,
  { since }: Waiting,
): { readonly deliveries: number; readonly ageMs: number } {
  return { deliveries: queue.length, ageMs: Math.round(clock.monotonic() - since) }
}

function taken(self: Self, first: Waiting): void {
  const { queue, events, sink } = self
  queue.shift()
  self.bytes -= first.bytes
  events.buffered(sink.id, queue.length, self.bytes)
}

function disable(self: Self, error: AppError): void {
  self.state = 'disabled'
  self.events.disabled(self.sink.id, error)
  dropAll(self, 'disabled')
}
