import type { FileHandle } from 'node:fs/promises'

const BLOCK_BYTES = 64 * 1024
const NEWLINE = 0x0a

/**
 * Where a reader that wants the end begins: after the last newline, so that the line being written just now is read as a
 * whole. The size itself when no newline stands in the last `maxLineBytes`.
 */
export async function lastLineStart(handle: FileHandle, size: number, maxLineBytes: number): Promise<number> {
  const block = Buffer.alloc(BLOCK_BYTES)
  for (let to = size; to > 0 && size - to <= maxLineBytes;) {
    const from = Math.max(0, to - BLOCK_BYTES)
    const { bytesRead } = await handle.read(block, 0, to - from, from)
    const found = block.subarray(0, bytesRead).lastIndexOf(NEWLINE)
    if (found !== -1) return from + found + 1
    if (from === 0) return 0
    to = from
  }
  return size
}
