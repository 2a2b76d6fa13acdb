import type { ServerResponse } from 'node:http'

/** One open stream, as text lines. */
export interface Connection {
  readonly id: string
  /** Of the collection; undefined for the raw streams. */
  readonly collection: string | undefined
  readonly closed: boolean
  write(event: string, data: unknown, eventId?: string): void
  writeText(text: string): void
  /** Resolves when the client has taken what was written. */
  drained(): Promise<void>
  end(): void
  destroy(): void
}

export function openConnection(
  response: ServerResponse,
  collection: string | undefined,
  id: string,
): Connection {
  const writeText = (text: string): void => {
    if (!response.destroyed && !response.writableEnded) response.write(text)
  }
  return {
    id,
    collection,
    get closed() {
      return response.destroyed || response.writableEnded
    },
    writeText,
    write: (event, data, eventId) => {
      const head = eventId === undefined ? '' : `id: ${eventId}\n`
      writeText(`${head}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    },
    drained: async () => {
      if (!response.writableNeedDrain || response.destroyed) return
      await new Promise<void>((resolve) => {
        response.once('drain', resolve)
        response.once('close', resolve)
      })
    },
    end: () => response.end(),
    destroy: () => response.socket?.destroy(),
  }
}
