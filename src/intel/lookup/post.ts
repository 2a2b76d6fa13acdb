import type { Clock } from '../../core/clock.ts'
import type { Ask } from './ask.ts'
import { parcelOf, send, type Parcel } from './sender.ts'
import { createTermQueue, type Term } from './term-queue.ts'

export interface PostOptions {
  /** Most values in one request now: `createBatchSize(…).current`. An observable that costs more goes alone. */
  readonly size: () => number
  /** Requests at a time. */
  readonly concurrency: number
  /** How long the first value waits for company while nothing is being asked. Default 5 ms. */
  readonly waitMs?: number
  /** And while something is: a further connection is for full requests first of all. Default 100 ms. */
  readonly holdMs?: number
  /** A failed request of no more values is not split. Default 10. */
  readonly minWeight?: number
  readonly clock: Clock
}

/** What waits, what is on its way, and when the next request goes. */
export interface Post {
  add(term: Term): void
  /** Its caller has left. */
  withdraw(term: Term): void
  waiting(): number
}

export function createPost(next: Ask, options: PostOptions): Post {
  const { clock, concurrency, size, waitMs = 5, holdMs = 100, minWeight = 10 } = options
  const queue = createTermQueue()
  const halves: Parcel[] = []
  let running = 0
  let wakeAt = Infinity

  function pump(): void {
    while (running < concurrency) {
      const parcel = halves.shift() ?? ripe()
      if (parcel === undefined) return
      void dispatch(parcel)
    }
  }

  /** The next request, unless it is not full and may still wait. Timers are up to a millisecond early. */
  function ripe(): Parcel | undefined {
    const oldest = queue.oldest()
    if (oldest === undefined) return undefined
    const dueAt = oldest.queuedAt + (running === 0 ? waitMs : holdMs)
    const leftMs = queue.weight() >= size() ? 0 : dueAt - clock.monotonic()
    if (leftMs < 1) return parcelOf(queue.take(size()))
    void wakeIn(leftMs)
    return undefined
  }

  async function wakeIn(ms: number): Promise<void> {
    const at = clock.monotonic() + ms
    if (wakeAt <= at) return
    wakeAt = at
    await clock.sleep(ms)
    wakeAt = Infinity
    pump()
  }

  async function dispatch(parcel: Parcel): Promise<void> {
    running += 1
    halves.push(...(await send(next, parcel, minWeight)))
    running -= 1
    pump()
  }

  return {
    add: (term) => {
      queue.add(term)
      if (queue.weight() >= size()) pump()
      else void wakeIn(waitMs)
    },
    withdraw: (term) => {
      queue.remove(term)
      term.left?.()
    },
    waiting: () => queue.size(),
  }
}
