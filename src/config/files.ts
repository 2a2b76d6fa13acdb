import { open } from 'node:fs/promises'
import { refuseNamedPipe } from '../core/named-pipe.ts'

/** Reads a whole text file (UTF-8). Throws system errors as they are, RangeError when it holds more than `maxBytes`. */
export type ReadFile = (path: string, maxBytes: number) => Promise<string>

/**
 * The size is bounded while reading, not by what the file system says: pipes and `/proc` files say 0. A named pipe is refused.
 */
export const readTextFile: ReadFile = async (path, maxBytes) => {
  await refuseNamedPipe(path)
  const file = await open(path, 'r')
  try {
    const buffer = Buffer.alloc(maxBytes + 1)
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length)
      if (bytesRead === 0) return buffer.toString('utf8', 0, length)
      length += bytesRead
    }
    throw new RangeError(`the file holds more than ${maxBytes} bytes`)
  } finally {
    await file.close()
  }
}
