import { join } from 'node:path'
import type { QueueEvents } from '../../telemetry/events/queue.ts'
import type { SinkEvents } from '../../telemetry/events/sink.ts'
import { openFileWriter, type FileWriter } from '../file-writer.ts'

const MAX_BYTES = 16 * 1024 ** 2

/** What is not sent, and why: for a person to look at. */
export interface Refused {
  readonly reason: string
  readonly id: string
  /** The event, or its datagram. */
  readonly text: string
}

export interface SetAside {
  /** Never rejects: what cannot be kept is told. */
  put(refused: Refused): Promise<void>
  /** Whether anything was refused so far. */
  readonly isUsed: boolean
  close(): Promise<void>
}

/** A file of refused events, rotated once. It is made when there is one. */
export function createSetAside(folder: string, events: SinkEvents & QueueEvents): SetAside {
  const path = join(folder, 'refused.jsonl')
  let writer: FileWriter | undefined
  let isUsed = false
  return {
    get isUsed() {
      return isUsed
    },
    put: async ({ reason, id, text }) => {
      isUsed = true
      events.refused(reason, id, path)
      try {
        writer ??= await openFileWriter({ path, maxBytes: MAX_BYTES, backups: 1, sync: false, events })
        await writer.append([JSON.stringify({ reason, id, text })])
      } catch (error) {
        events.setAsideFailed(error)
      }
    },
    close: async () => {
      await writer?.close()
    },
  }
}
