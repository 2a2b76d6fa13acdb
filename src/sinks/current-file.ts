import type { SinkEvents } from '../telemetry/events/sink.ts'
import { openLogFile, type LogFile } from './log-file.ts'
import { createRotation } from './rotation.ts'

export interface CurrentFileOptions {
  readonly path: string
  /** The file is rotated before it grows beyond this. */
  readonly maxBytes: number
  readonly backups: number
  readonly events: SinkEvents
  readonly open?: (path: string) => Promise<LogFile>
}

/** The file that a path names now, opened anew when that changes and rotated when it is full. */
export interface CurrentFile {
  open(): Promise<void>
  /**
   * The file to append `bytes` to. `left` is called when it is another one than before: right after the old one has got
   * another name or none. Rejects with the system's error.
   */
  ready(bytes: number, left: () => void): Promise<LogFile>
  /** After an error the descriptor is not used again: the path may lead to a file that works by then. */
  abandon(): Promise<void>
  /** Breaks off a compression, waits for what is under way, and for the disk. */
  close(underWay: Promise<unknown>): Promise<void>
}

export function createCurrentFile(options: CurrentFileOptions): CurrentFile {
  const { path, maxBytes, backups, events, open = openLogFile } = options
  const rotation = createRotation({ path, backups, events })
  let file: LogFile | undefined

  const reopen = async (): Promise<LogFile> => {
    const before = file
    file = undefined
    await before?.close()
    file = await open(path)
    return file
  }
  return {
    open: async () => {
      await reopen()
      await rotation.start()
    },
    ready: async (bytes, left) => {
      let found = file
      if (found === undefined || !(await found.isCurrent())) {
        left()
        found = await reopen()
      }
      const size = await found.size()
      if (size === 0 || size + bytes <= maxBytes) return found
      await rotation.rotate()
      left()
      return reopen()
    },
    abandon: async () => {
      const broken = file
      file = undefined
      await broken?.close().catch(() => undefined)
    },
    close: async (underWay) => {
      rotation.stop()
      await underWay
      await rotation.idle()
      const last = file
      file = undefined
      if (last?.regular === true) await last.sync()
      await last?.close()
    },
  }
}
