import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { onAbort } from '../../core/abort.ts'
import { AppError } from '../../core/errors.ts'
import { formatSize } from '../../core/units.ts'
import { httpError } from './errors.ts'

export interface BodyLimits {
  /** Host and port, for the errors. */
  readonly server: string
  /** Of the unpacked text. */
  readonly maxBytes: number
}

/** Reads a body as text, unpacked. Destroys it, and with it the connection, once it is longer than the limit. */
export async function readBody(
  body: Readable,
  headers: Readonly<Record<string, string>>,
  { server, maxBytes }: BodyLimits,
): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of unpacked(body, headers['content-encoding'], server)) {
    bytes += chunk.length
    if (bytes > maxBytes) throw tooLong(server, maxBytes)
    chunks.push(chunk)
  }
  try {
    return Buffer.concat(chunks, bytes).toString('utf8')
  } catch {
    // Node cannot make a text of more than about 512 MiB.
    throw tooLong(server, bytes)
  }
}

function unpacked(body: Readable, encoding: string | undefined, server: string): AsyncIterable<Buffer> {
  switch (encoding?.trim().toLowerCase() ?? 'identity') {
    case '':
    case 'identity':
      return body
    case 'gzip':
    case 'x-gzip':
      // The callback must be there: without it an error would be thrown beside the iteration, which gets it too.
      return pipeline(body, createGunzip(), () => undefined)
    default:
      drop(body)
      throw new AppError(
        'PROVIDER_MALFORMED',
        `${server} sent an answer packed in a way it was not asked for`,
        {
          hint: 'Look at the settings for compression of the server, or of a proxy before it.',
        },
      )
  }
}

function tooLong(server: string, maxBytes: number): AppError {
  return new AppError('PROVIDER_OVERLOADED', `${server} sent an answer longer than ${formatSize(maxBytes)}`, {
    hint: 'Raise maxAnswerBytes of the provider, or ask for less at a time.',
  })
}

/** The bytes of a body as they come. Destroys it at abort, and when nobody reads on. */
export async function* chunksOf(
  body: Readable,
  server: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const unlisten = onAbort(signal, () => body.destroy())
  try {
    for await (const chunk of body) if (chunk instanceof Uint8Array) yield chunk
    signal.throwIfAborted()
  } catch (cause) {
    signal.throwIfAborted()
    throw httpError(cause, server)
  } finally {
    unlisten()
    drop(body)
  }
}

/** undici gives a body destroyed early an error, which would end the process if nobody listened. */
export function drop(body: Readable): void {
  body.on('error', () => undefined).destroy()
}
