import type { OpenSocket } from '../../src/sinks/wazuh-queue/native.ts'

/** What stands where Wazuh's queue would: sockets that answer as told, without the system's. */
export interface QueueSocket {
  readonly open: OpenSocket
  /** What the system says to every datagram; undefined: it takes it. May be changed at any time. */
  answer: string | undefined
  /** How many it takes before it says EAGAIN; each `read` makes room for as many again. */
  room: number
  readonly taken: readonly string[]
  readonly attempts: () => number
  /** Resolves with everything taken as soon as it is at least so much. */
  readonly received: (count: number) => Promise<readonly string[]>
  /** Resolves at the next attempt that is refused. */
  readonly refused: () => Promise<void>
  readonly closed: () => number
}

export function queueSocket(): QueueSocket {
  const taken: string[] = []
  let waiting: { readonly isDue: () => boolean; readonly wake: () => void }[] = []
  let attempts = 0
  let refusals = 0
  let closed = 0
  const wake = (): void => {
    const due = waiting.filter(({ isDue }) => isDue())
    waiting = waiting.filter((each) => !due.includes(each))
    for (const each of due) each.wake()
  }
  const until = (isDue: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      if (isDue()) resolve()
      else waiting.push({ isDue, wake: resolve })
    })
  const self: QueueSocket = {
    answer: undefined,
    room: Number.POSITIVE_INFINITY,
    taken,
    attempts: () => attempts,
    received: async (count) => {
      await until(() => taken.length >= count)
      return [...taken]
    },
    refused: () => {
      const before = refusals
      return until(() => refusals > before)
    },
    closed: () => closed,
    open: () => ({
      send: (data) => {
        attempts += 1
        const code = self.answer ?? (self.room > 0 ? undefined : 'EAGAIN')
        if (code === undefined) {
          self.room -= 1
          taken.push(data.toString())
        } else refusals += 1
        wake()
        return code
      },
      close: () => {
        closed += 1
      },
    }),
  }
  return self
}
