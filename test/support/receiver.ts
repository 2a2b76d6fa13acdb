import { rmSync } from 'node:fs'
import { createSocket } from 'unix-dgram'

/** A receiver of datagrams as Wazuh's queue is one, at a path of its own. */
export interface Receiver {
  /** Everything received so far. */
  readonly datagrams: readonly string[]
  /** Resolves with everything received as soon as it is at least so much. */
  received(count: number): Promise<readonly string[]>
  /** Ends as a daemon does: the file of the socket stays, and nobody answers there. */
  close(): void
}

const open = new Set<() => void>()

export function bindReceiver(path: string, onDatagram?: (text: string) => void): Receiver {
  const datagrams: string[] = []
  let waiting: { readonly count: number; readonly wake: () => void }[] = []
  const socket = createSocket('unix_dgram', (data) => {
    datagrams.push(data.toString())
    onDatagram?.(data.toString())
    for (const { wake } of waiting.filter(({ count }) => count <= datagrams.length)) wake()
    waiting = waiting.filter(({ count }) => count > datagrams.length)
  })
  socket.on('error', (error) => {
    throw error
  })
  rmSync(path, { force: true })
  socket.bind(path)
  const close = (): void => {
    if (open.delete(close)) socket.close()
  }
  open.add(close)
  return {
    datagrams,
    received: (count) =>
      new Promise((resolve) => {
        if (datagrams.length >= count) return resolve([...datagrams])
        waiting.push({ count, wake: () => resolve([...datagrams]) })
      }),
    close,
  }
}

/** Closes those that are open still: each keeps the process alive. */
export function closeReceivers(): void {
  for (const close of open) close()
}
