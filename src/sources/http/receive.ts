import type { IncomingMessage } from 'node:http'
import type { HttpEvents } from '../../telemetry/events/http.ts'
import type { Outcome } from './answers.ts'
import type { Backlog } from './backlog.ts'
import { readBody } from './body.ts'
import type { HttpConfig } from './config.ts'
import { packingOf } from './content.ts'
import type { Intake } from './intake.ts'
import type { Part } from './parts.ts'
import type { Room } from './room.ts'
import { splitBody, type Split } from './split.ts'

/** What became of the alerts of a request. */
export interface Receipt {
  readonly outcome: Outcome
  /** Alerts that are on the disk. */
  readonly accepted: number
  /** Pieces that gave none. */
  readonly rejected: number
}

/** Takes the alerts of a request; resolves when they are on the disk, or are not taken. Gives up at abort. Never rejects. */
export type Receive = (request: IncomingMessage, signal: AbortSignal) => Promise<Receipt>

export interface ReceiveOptions {
  readonly config: HttpConfig
  readonly room: Room
  readonly backlog: Backlog
  readonly intake: Intake
  readonly events: HttpEvents
}

const BLANK = 0x20

export function createReceive(options: ReceiveOptions): Receive {
  const { config, room } = options
  return async (request, signal) => {
    const packing = packingOf(request.headers['content-encoding'])
    if (packing === undefined) return refused('wrong_type')
    const announced = Number(request.headers['content-length'] ?? Number.NaN)
    if (announced > config.maxBodyBytes) return refused('too_large')
    const isKnown = packing === 'none' && Number.isFinite(announced)
    const leave = await room.take(isKnown ? announced : config.maxBodyBytes, signal)
    if (leave === undefined) return refused(request.socket.destroyed ? 'cut' : 'stopping')
    try {
      const body = await readBody(request, packing === 'gzip', config.maxBodyBytes)
      if (body.kind !== 'whole') return refused(body.kind)
      const receipt = await keep(await splitBody(body.bytes), options)
      // A list without alerts is in order: a monitor had nothing to tell.
      const isEmpty = receipt.outcome === 'no_alert' && receipt.rejected === 0 && hasText(body.bytes)
      return isEmpty ? { ...receipt, outcome: 'accepted' } : receipt
    } finally {
      leave()
    }
  }
}

function hasText(bytes: Buffer): boolean {
  return bytes.some((byte) => byte > BLANK)
}

async function keep(split: Split, { backlog, intake, events }: ReceiveOptions): Promise<Receipt> {
  if (split.kind === 'too_many') return refused('too_large')
  const { parts, alerts, rejected } = split
  const missed = [...rejected.values()].reduce((sum, times) => sum + times, 0)
  if (alerts === 0) {
    events.rejected(rejected)
    return refused('no_alert', missed)
  }
  const bytes = parts.reduce((sum, part) => sum + part.bytes.length, 0)
  if (!backlog.reserve({ alerts, bytes })) return refused('full')
  if (!(await written(parts, intake, events))) return refused('unwritable')
  events.rejected(rejected)
  return { outcome: 'accepted', accepted: alerts, rejected: missed }
}

async function written(parts: readonly Part[], intake: Intake, events: HttpEvents): Promise<boolean> {
  try {
    await intake.put(parts)
    return true
  } catch (error) {
    events.writeFailed(error)
    return false
  }
}

function refused(outcome: Outcome, rejected = 0): Receipt {
  return { outcome, accepted: 0, rejected }
}
