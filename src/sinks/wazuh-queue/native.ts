import { getSystemErrorName } from 'node:util'
import { AppError, errorText } from '../../core/errors.ts'
import { clip } from '../../core/text.ts'

/** A socket to send datagrams from. Nothing of it waits. */
export interface DatagramSocket {
  /** Sends a whole datagram to the socket of that path, or gives the word of the system's error (`ENOENT`, `EAGAIN` …). */
  send(data: Buffer, path: string): string | undefined
  close(): void
}

export type OpenSocket = () => DatagramSocket

const HINT =
  'Install the optional package unix-dgram for this Node (npm rebuild unix-dgram), or use the sink `wazuh-log` and a `<localfile>` of Wazuh (deploy/wazuh): that works without it.'

/** Node has no Unix datagrams; a native addon does them. Rejects with CONFIG_INVALID when there is none that loads. */
export async function loadDatagrams(): Promise<OpenSocket> {
  try {
    const { createSocket } = await import('unix-dgram')
    return () => {
      const socket = createSocket('unix_dgram')
      // An `error` event that nobody listens for ends the process.
      socket.on('error', () => undefined)
      return {
        send: (data, path) => {
          let failure: string | undefined
          // Not connected: each datagram goes to whoever has the path now, so that a restarted Wazuh is found at once.
          socket.send(data, 0, data.length, path, (error) => {
            if (error !== undefined) failure = wordOf(error.code)
          })
          return failure
        },
        close: () => socket.close(),
      }
    }
  } catch (cause) {
    const text = `The sink wazuh-queue needs the package unix-dgram, which cannot be loaded: ${clip(errorText(cause).replaceAll('\n', ' '), 300)}`
    throw new AppError('CONFIG_INVALID', text, { cause, hint: HINT })
  }
}

function wordOf(errno: unknown): string {
  return typeof errno === 'number' && errno < 0 ? getSystemErrorName(errno) : String(errno)
}
