import { join } from 'node:path'
import type { ComponentId } from '../../core/indicator.ts'
import type { Delivery, Notice, Sink } from '../../core/ports.ts'
import { queueEvents, type QueueEvents } from '../../telemetry/events/queue.ts'
import { sinkEvents, type SinkEvents } from '../../telemetry/events/sink.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { sinkError } from '../errors.ts'
import { createNoticeGate } from '../notice-gate.ts'
import { createPace } from '../pace.ts'
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
import { createSetAside, type SetAside } from './set-aside.ts'

/** Datagrams that may be ahead of the pace: a few matches go at once. */
const BURST = 100

/** Of events that are looked for: 10,000, as many as `confirm.maxTracked` is by default, of 3,300 characters each. */
const MAX_TRACKED_BYTES = 64 * 1024 ** 2

export interface WazuhQueueDeps {
  readonly id: ComponentId
  readonly telemetry: Telemetry
  readonly stateDir: string
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
  const setAside = createSetAside(folder, events)
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
    setAside: (entry) => setAside.put({ reason: 'too_long', id: entry.id, text: entry.datagram }),
  })
  const put = createPut({ config, outbox, setAside, now: () => clock.now() })
  const gate = createNoticeGate({ clock, tell: createTell(config, put, events) })
  return {
    id,
    write: (delivery, signal) =>
      reported({ target: folder, events, signal }, () => put(linesOf(delivery, config), signal)),
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
      await setAside.close()
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

function linesOf({ matches }: Delivery, config: WazuhQueueConfig): readonly WazuhLine[] {
  return wazuhLines(matches, formatOf(config))
}

interface PutParts {
  readonly config: WazuhQueueConfig
  readonly outbox: Outbox
  readonly setAside: SetAside
  readonly now: () => number
}

type Line = Pick<WazuhLine, 'text'> & Partial<Pick<WazuhLine, 'alert'>>
type Put = (lines: readonly Line[], signal: AbortSignal) => Promise<number>

/** All of them or none into the outbox, but for those that Wazuh would not take; gives how many. */
function createPut({ config, outbox, setAside, now }: PutParts): Put {
  return async (lines, signal) => {
    const entries: OutboxEntry[] = []
    const refused: { reason: string; id: string; text: string }[] = []
    for (const line of lines) {
      const made = datagramOf(line, config.location)
      if ('refused' in made) refused.push({ reason: made.refused, id: made.id, text: line.text })
      else entries.push({ id: made.id, at: now(), datagram: made.datagram })
    }
    await outbox.add(entries, signal)
    for (const each of refused) await setAside.put(each)
    return entries.length
  }
}

function createTell(
  config: WazuhQueueConfig,
  put: Put,
  events: SinkEvents,
): (notice: Notice) => Promise<void> {
  const never = new AbortController().signal
  return async (notice) => {
    const text = wazuhNoticeLine(notice, formatOf(config))
    try {
      events.written(await put([{ text }], never))
    } catch (error) {
      events.noticeLost(error)
      throw error
    }
  }
}
