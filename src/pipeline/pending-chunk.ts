import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import type { Alert, EpochMs } from '../core/alert.ts'
import { alertText, parseQuestions, type PendingQuestion } from './schema.ts'

const pack = promisify(deflateRaw)
const unpack = promisify(inflateRaw)

/** An alert with what is still unanswered of it. */
export interface PendingAlert {
  readonly alert: Alert
  readonly questions: readonly PendingQuestion[]
}

/** The same as it lies in the store: most never become a match, so their text is never parsed. */
export interface KeptAlert {
  /** One line: `parseAlertText`. */
  readonly text: string
  readonly questions: readonly PendingQuestion[]
}

/**
 * u8 format, u32 alerts, f64 since (milliseconds), little-endian; then, deflated (RFC 1951), the questions of all alerts as a line
 * of JSON and each alert as another.
 */
const FORMAT = 1
const HEADER_BYTES = 13
/** A batch of 256 alerts of 1 MiB each, and their questions, is less. */
const MAX_UNPACKED_BYTES = 512 * 1024 ** 2

export interface ChunkHead {
  readonly alerts: number
  /** When they were worked on first. */
  readonly since: EpochMs
}

export function kept({ alert, questions }: PendingAlert): KeptAlert {
  return { text: alertText(alert), questions }
}

/** Alerts of one batch, packed: about a quarter of their text. */
export async function encodeChunk(alerts: readonly KeptAlert[], since: EpochMs): Promise<Buffer> {
  const lines = [JSON.stringify(alerts.map(({ questions }) => questions)), ...alerts.map(({ text }) => text)]
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt8(FORMAT, 0)
  header.writeUInt32LE(alerts.length, 1)
  header.writeDoubleLE(since, 5)
  return Buffer.concat([header, await pack(lines.join('\n'), { level: 1 })])
}

/** `foreign`: of a later version, as after a downgrade. Undefined when the bytes are no chunk. */
export function chunkHead(bytes: Uint8Array): ChunkHead | 'foreign' | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < HEADER_BYTES) return undefined
  const format = buffer.readUInt8(0)
  if (format !== FORMAT) return format > FORMAT ? 'foreign' : undefined
  const since = buffer.readDoubleLE(5)
  return Number.isFinite(since) ? { alerts: buffer.readUInt32LE(1), since } : undefined
}

/** Rejects when the bytes are damaged. */
export async function decodeChunk(bytes: Uint8Array): Promise<readonly KeptAlert[]> {
  const unpacked = await unpack(bytes.subarray(HEADER_BYTES), { maxOutputLength: MAX_UNPACKED_BYTES })
  const [head = '', ...texts] = unpacked.toString('utf8').split('\n')
  const questions = parseQuestions(head)
  if (questions.length !== texts.length) throw new Error('The questions and the alerts are not equally many')
  return texts.map((text, at) => ({ text, questions: questions[at] ?? [] }))
}
