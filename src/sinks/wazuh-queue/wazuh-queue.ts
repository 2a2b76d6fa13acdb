import { join } from 'node:path'
import type { ComponentId } from '../../core/indicator.ts'
import type { DeadLetter } from '../../core/dead-letter.ts'
import type { Delivery, Notice, Sink } from '../../core/ports.ts'
import { queueEvents, type QueueEvents } from '../../telemetry/events/queue.ts'
import { sinkEvents, type SinkEvents } from '../../telemetry/events/sink.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { sinkError, stoppedError } from '../errors.ts'
import { createNoticeGate } from '../notice-gate.ts'
import { createPace } from '../pace.ts'
import type { Burial } from '../refused.ts'
import { reported } from '../report.ts'
import type { WazuhEventFormat } from '../wazuh-event.ts'
import { wazuhLines, wazuhNoticeLine, type WazuhLine } from '../wazuh-events.ts'
import type { WazuhQueueConfig } from './config.ts'
import { createConfirm } from './confirm.ts'
import { datagramOf, MAX_TEXT_BYTES } from './datagram.ts'
import { startDrain } from './drain.ts'
import { loadDatagrams, type OpenSocket } from './native.ts'
import type { OutboxEntry } from './outbox/entry.ts'
import { openOutbox, type Outbox } from './outbox/outbox.ts'
import { createSender } from './sender.ts'
import { createSetAside, type Refused, type SetAside } from './set-aside.ts'

/** Datagrams that may be ahead of the pace: a few matches go at once. */
const BURST = 100

/** Of events that are looked for: 10,000, as many as `confirm.maxTracked` is by default, of 3,300 characters each. */
const MAX_TRACKED_BYTES = 64 * 1024 ** 2

export interface WazuhQueueDeps {
  readonly id: ComponentId
  readonly telemetry: Telemetry
  readonly stateDir: string
  readonly deadLetters?: Burial
  /** The system's sockets when absent. */
  readonly open?: OpenSocket
}

/**
 * True matches as events into Wazuh's queue, a datagram each, and troubles with providers. A write resolves when its events
 * are in the outbox; they are sent from there, in order, whenever Wazuh takes them. Rejects with CONFIG_INVALID when this
 * system has no Unix datagrams, SINK_FULL or SINK_UNWRITABLE when the outbox cannot be opened.
 */
export async function createWazuhQueueSink(config: WazuhQueueConfig, deps: WazuhQueueDeps): Promise<Sink> {
  const { id, telemetry } = deps
  const { clock } = telemetry
  const open = deps.open ?? (await loadDatagrams())
  const events = { ...sinkEvents(telemetry, id), ...queueEvents(telemetry, id) }
  const folder = join(deps.stateDir, 'outbox', id)
  const outbox = await openedOutbox(config, folder, events)
  const setAside = createSetAside({ id, deadLetters: deps.deadLetters, events })
  const closing = new AbortController()
  const confirm = config.confirm.enabled
    ? createConfirm({
        timeoutMs: config.confirm.timeout,
        maxTracked: config.confirm.maxTracked,
        maxBytes: MAX_TRACKED_BYTES,
        clock,
        events,
        sendAgain: (entry) => outbox.add([entry], closing.signal),
      })
    : undefined
  const drain = startDrain({
    outbox,
    sender: createSender(open, config.socket),
    pace: createPace({ perSecond: config.maxPerSecond, burst: Math.min(BURST, config.maxPerSecond), clock }),
    clock,
    events,
    onSent: (entry) => confirm?.sent(entry),
    setAside: ({ id: event, datagram: text }) =>
      setAside.put([{ reason: 'too_long', id: event, text }], closing.signal),
  })
  const parts = { config, now: () => clock.now(), put: createPut({ outbox, setAside }) }
  const write = createWrite(parts)
  const gate = createNoticeGate({ clock, tell: createTell(parts, events) })
  return {
    id,
    takes: 'matches',
    write: (delivery, signal) => reported({ target: folder, events, signal }, () => write(delivery, signal)),
    notice: (notice) => gate.pass(notice),
    // What was set aside reaches nobody.
    flushed: async (signal) => (await outbox.emptied(signal)) && !setAside.isUsed,
    ...(confirm === undefined ? {} : { seen: confirm.seen }),
    close: async () => {
      gate.close()
      closing.abort()
      await confirm?.close()
      await drain.stop()
      await outbox.close()
    },
  }
}

async function openedOutbox(
  config: WazuhQueueConfig,
  folder: string,
  events: SinkEvents & QueueEvents,
): Promise<Outbox> {
  const { maxQueued: maxEntries, maxSize: maxBytes, fsync } = config
  try {
    return await openOutbox({ folder, maxEntries, maxBytes, fsync, events })
  } catch (error) {
    throw sinkError(error, folder)
  }
}

function formatOf({
  integration,
  maxIndicatorEvents,
  maxObservableEvents,
}: WazuhQueueConfig): WazuhEventFormat {
  return { integration, maxIndicatorEvents, maxObservableEvents, maxBytes: MAX_TEXT_BYTES }
}

type Line = Pick<WazuhLine, 'text'> & Partial<Pick<WazuhLine, 'alert'>>

/** What the outbox gets, and what Wazuh would not take. */
interface Sorted {
  readonly entries: readonly OutboxEntry[]
  readonly refused: readonly Refused[]
}

function sorted(lines: readonly Line[], { location }: WazuhQueueConfig, at: number): Sorted {
  const entries: OutboxEntry[] = []
  const refused: Refused[] = []
  for (const line of lines) {
    const made = datagramOf(line, location)
    if ('refused' in made)
      refused.push({ reason: made.refused, id: made.id, text: line.text, ...about(line) })
    else entries.push({ id: made.id, at, datagram: made.datagram })
  }
  return { entries, refused }
}

interface PutParts {
  readonly outbox: Outbox
  readonly setAside: SetAside
}

/** `of`: the same object whenever the same is tried again. Gives how many are in the outbox. */
type Put = (sorted: Sorted, of: object, signal: AbortSignal) => Promise<number>

/**
 * What is refused aside, then all others or none into the outbox: what is in there is never tried again, and what is aside is not
 * put there once more.
 */
function createPut({ outbox, setAside }: PutParts): Put {
  const isAside = new WeakSet()
  return async ({ entries, refused }, of, signal) => {
    if (!isAside.has(of) && !(await setAside.put(refused, signal))) throw stoppedError('the dead letters')
    isAside.add(of)
    await outbox.add(entries, signal)
    return entries.length
  }
}

function about({ alert }: Line): Pick<DeadLetter, 'alert'> {
  return alert === undefined ? {} : { alert }
}

interface WriteParts {
  readonly config: WazuhQueueConfig
  readonly now: () => number
  readonly put: Put
}

type Write = (delivery: Delivery, signal: AbortSignal) => Promise<number>

/** The events of a delivery into the outbox; matches of which none can be made are set aside. */
function createWrite({ config, now, put }: WriteParts): Write {
  return async (delivery, signal) => {
    const failed: Refused[] = []
    const lines = wazuhLines(delivery.matches, formatOf(config), (those, error) => {
      for (const match of those) failed.push({ reason: 'failed', id: match.id, match, error })
    })
    const { entries, refused } = sorted(lines, config, now())
    return put({ entries, refused: [...failed, ...refused] }, delivery, signal)
  }
}

function createTell({ config, now, put }: WriteParts, events: SinkEvents): (notice: Notice) => Promise<void> {
  const never = new AbortController().signal
  return async (notice) => {
    const text = wazuhNoticeLine(notice, formatOf(config))
    try {
      events.written(await put(sorted([{ text }], config, now()), notice, never))
    } catch (error) {
      events.noticeLost(error)
      throw error
    }
  }
}
