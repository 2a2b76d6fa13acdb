import type { EpochMs } from '../../../core/alert.ts'
import { isRecord, parseJson } from '../../../core/json.ts'

/** An event that waits to be sent. */
export interface OutboxEntry {
  /** Its own; '' for those that tell of no match. */
  readonly id: string
  /** When it was put aside. */
  readonly at: EpochMs
  /** It was sent before, and nothing came of it. */
  readonly again?: true
  /** What is sent, whole. */
  readonly datagram: string
}

/** A line of JSON, without its end: half of one is none, and is not sent. */
export function entryLine({ id, at, again, datagram }: OutboxEntry): string {
  return JSON.stringify({ id, at, ...(again === undefined ? {} : { again }), datagram })
}

/** Undefined for what is no such line: torn by a power failure, or written by others. */
export function entryOf(line: string): OutboxEntry | undefined {
  const value = parseJson(line)
  if (!isRecord(value)) return undefined
  const { id, at, again, datagram } = value
  if (typeof id !== 'string' || typeof at !== 'number' || typeof datagram !== 'string') return undefined
  return { id, at, datagram, ...(again === true ? { again } : {}) }
}
