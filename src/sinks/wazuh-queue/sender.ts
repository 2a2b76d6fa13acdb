import { errorText } from '../../core/errors.ts'
import type { DatagramSocket, OpenSocket } from './native.ts'

/** What became of a datagram that was given to the system. */
export type Sent =
  | { readonly kind: 'sent' }
  /** The receiver's queue, or our buffer, is full. */
  | { readonly kind: 'full' }
  /** This one can never be sent. */
  | { readonly kind: 'too_long' }
  /** Nobody takes it now; `code` is the system's word. */
  | { readonly kind: 'away'; readonly code: string }

export interface Sender {
  send(datagram: Buffer): Sent
  close(): void
}

const SENT: Sent = { kind: 'sent' }
const FULL: Sent = { kind: 'full' }
const TOO_LONG: Sent = { kind: 'too_long' }

/** Sends to one path, from a fresh socket after each failure that is not just a full queue. */
export function createSender(open: OpenSocket, path: string): Sender {
  let socket: DatagramSocket | undefined
  const close = (): void => {
    const last = socket
    socket = undefined
    last?.close()
  }
  const attempt = (datagram: Buffer): string | undefined => {
    try {
      socket ??= open()
      return socket.send(datagram, path)
    } catch (error) {
      // No descriptor is left for a socket.
      return errorText(error)
    }
  }
  return {
    send: (datagram) => {
      const code = attempt(datagram)
      if (code === undefined) return SENT
      if (code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'ENOBUFS') return FULL
      if (code === 'EMSGSIZE') return TOO_LONG
      close()
      return { kind: 'away', code }
    },
    close,
  }
}
