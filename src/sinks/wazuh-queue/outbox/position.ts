import { open, readFile } from 'node:fs/promises'
import { systemErrorCode } from '../../../core/errors.ts'

/** Up to where the outbox is sent: the number of a segment, and bytes of it. */
export interface Position {
  readonly segment: number
  readonly offset: number
}

export interface PositionFile {
  /** Where an earlier run came to; undefined when it left nothing that can be read: all is sent again. */
  readonly initial: Position | undefined
  /** Outlives the process, not a power failure: then some events are sent twice. */
  save(position: Position): Promise<void>
  close(): Promise<void>
}

/** One small write in place takes a few microseconds, and is there as a whole or not at all for the next process. */
const LENGTH = 40

export async function openPositionFile(path: string): Promise<PositionFile> {
  const initial = positionIn(await textOf(path))
  const file = await open(path, initial === undefined ? 'w' : 'r+', 0o640)
  return {
    initial,
    save: async ({ segment, offset }) => {
      await file.write(`${segment} ${offset}`.padEnd(LENGTH - 1) + '\n', 0)
    },
    close: () => file.close(),
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return ''
    throw error
  }
}

function positionIn(text: string): Position | undefined {
  const [, segment, offset] = /^(\d{1,15}) (\d{1,15}) *\n/.exec(text) ?? []
  return segment === undefined ? undefined : { segment: Number(segment), offset: Number(offset) }
}
