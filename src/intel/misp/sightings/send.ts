import type { Clock } from '../../../core/clock.ts'
import { errorText } from '../../../core/errors.ts'
import type { SightingEvents } from '../../../telemetry/events/sightings.ts'
import { createPace } from '../../sightings/pace.ts'
import { createStrikes } from '../../sightings/strikes.ts'
import type { MispClient, SightingAnswer } from '../api.ts'
import type { MispConfig } from '../config.ts'
import { byEvent, bySource, type Group } from './groups.ts'
import type { SightingQueue, Waiting } from './queue.ts'
import { createWay, isNotAllowed } from './way.ts'

export interface SenderOptions {
  readonly config: MispConfig
  readonly client: MispClient
  readonly queue: SightingQueue
  readonly clock: Clock
  readonly events: SightingEvents
}

/** Sends what waits, or a part of it. Rejects when the server failed; what was not sent is still in the queue. */
export type Flush = (signal: AbortSignal) => Promise<void>

/** Each costs a MISP some 60 ms of a processor (recorded facts, 6): look-ups come first, the rest waits for the next flush. */
const MAX_REQUESTS = 50

type Send = (group: Group, signal: AbortSignal) => Promise<Outcome>

interface Outcome {
  readonly sent: number
  readonly refused: number
  readonly reason: string
}

export function createFlush(options: SenderOptions): Flush {
  const { config, client, queue, clock, events } = options
  const way = createWay(client, clock, events)
  const strikes = createStrikes()
  const pace = createPace(config.rateLimit, clock)

  async function refuse(items: readonly Waiting[], reason: string): Promise<void> {
    if (items.length === 0) return
    await queue.settle(items)
    events.refused(items.length, reason)
  }

  async function sendOne(group: Group, send: Send, signal: AbortSignal): Promise<'done' | 'other way'> {
    await pace(signal)
    try {
      const { sent, refused, reason } = await send(group, signal)
      way.worked()
      strikes.success(group.key)
      await queue.settle(group.items)
      if (sent > 0) events.sent(sent)
      if (refused > 0) events.refused(refused, reason)
      return 'done'
    } catch (error) {
      if (signal.aborted) throw error
      if (isNotAllowed(error)) {
        if ((await way.refused(error, signal)) === 'other way') return 'other way'
        await refuse(group.items, error.message)
        return 'done'
      }
      queue.putBack(group.items)
      if (!strikes.failure(group.key)) throw error
      await refuse(group.items, errorText(error))
      return 'done'
    }
  }

  async function sendAll(groups: readonly Group[], send: Send, signal: AbortSignal): Promise<boolean> {
    for (const group of groups.slice(0, MAX_REQUESTS)) {
      if (signal.aborted || (await sendOne(group, send, signal)) === 'other way') return false
    }
    return true
  }

  return async (signal) => {
    const bulk = async (): Promise<boolean> =>
      await sendAll(byEvent(queue.waiting()), sendBulk(client, clock), signal)
    if ((await way.find(signal)) === 'bulk' && (await bulk())) return
    if ((await way.find(signal)) !== 'value') return
    await refuse(
      queue.waiting().filter(({ entry }) => !isPlain(entry.value)),
      'The value has a special meaning in searches',
    )
    await sendAll(bySource(queue.waiting(), config.sightings), sendByValue(client, clock), signal)
  }
}

/** Known UUIDs are skipped by the server, so that those in doubt may be among the ones it did not save. */
function sendBulk(client: MispClient, clock: Clock): Send {
  return async ({ items }, signal) => {
    const [first] = items
    const sightings = items.map(({ entry }) => ({
      uuid: entry.uuid,
      attributeUuid: entry.attribute,
      seenAt: seconds(entry.seenAt, clock),
      source: entry.source,
    }))
    const answer = await client.saveSightings(first?.entry.event ?? '', sightings, signal)
    const saved = answer.kind === 'saved' ? Math.min(answer.count ?? items.length, items.length) : 0
    const known = Math.min(items.length - saved, items.filter(({ inDoubt }) => inDoubt).length)
    return { sent: saved + known, refused: items.length - saved - known, reason: reasonOf(answer) }
  }
}

/** Not idempotent: after a lost answer the server may count a sighting twice. */
function sendByValue(client: MispClient, clock: Clock): Send {
  return async ({ items }, signal) => {
    const answer = await client.addSightings(
      {
        values: [...new Set(items.map(({ entry }) => entry.value))],
        seenAt: Math.max(...items.map(({ entry }) => seconds(entry.seenAt, clock))),
        source: items[0]?.entry.source ?? '',
      },
      signal,
    )
    const sent = answer.kind === 'saved' ? items.length : 0
    return { sent, refused: items.length - sent, reason: reasonOf(answer) }
  }
}

function reasonOf(answer: SightingAnswer): string {
  return answer.kind === 'refused' ? answer.message : 'The server saved fewer than it was given'
}

/** MISP wants whole seconds and stores what it is given, also times to come (`sightings__with_timestamp_ms`). */
function seconds(seenAt: number, clock: Clock): number {
  return Math.floor(Math.min(seenAt, clock.now()) / 1000)
}

/** With `filters` values are a query language; an empty or blank one would count for every attribute. */
function isPlain(value: string): boolean {
  return /[a-z0-9]/i.test(value) && value.trim() === value && !/^[!%]|%$/.test(value)
}
