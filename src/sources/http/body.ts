import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

export type Body =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' }
  /** Packed bytes that do not unpack. */
  | { readonly kind: 'damaged' }
  /** The sender has gone, or took too long. */
  | { readonly kind: 'cut' }

const UNPACKED_CHUNK = 64 * 1024

/**
 * Reads the body of a request, unpacked, up to `maxBytes` of it. Never rejects. What is beyond is neither kept nor unpacked, and
 * flows away: the request is not destroyed, as its connection would be with it, and the sender could not be answered.
 */
export async function readBody(request: Readable, packed: boolean, maxBytes: number): Promise<Body> {
  let isCut = false
  const gunzip = packed ? createGunzip({ chunkSize: UNPACKED_CHUNK }) : undefined
  const onCut = (): void => {
    isCut = true
    gunzip?.destroy(new Error('The request was cut off'))
  }
  request.once('error', onCut).once('aborted', onCut)
  const plain = gunzip === undefined ? request : request.pipe(gunzip)
  try {
    return await collect(plain, maxBytes)
  } catch {
    return { kind: isCut || gunzip === undefined ? 'cut' : 'damaged' }
  } finally {
    request.off('error', onCut).off('aborted', onCut)
    request.on('error', () => undefined)
    request.unpipe().resume()
    gunzip?.destroy()
  }
}

async function collect(stream: Readable, maxBytes: number): Promise<Body> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue
    bytes += chunk.length
    if (bytes > maxBytes) return { kind: 'too_large' }
    chunks.push(chunk)
  }
  return { kind: 'whole', bytes: Buffer.concat(chunks, bytes) }
}
