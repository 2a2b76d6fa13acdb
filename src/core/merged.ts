import { createBell } from './bell.ts'
import { createLatch } from './latch.ts'

/**
 * What several iterations give, as it comes; each goes on when its value has been worked on. One that throws ends all. Nothing
 * is kept of what was given: a race of promises, one of which waits for days, would keep it all.
 */
export async function* merged<T>(...sources: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  const bell = createBell()
  const ended = new AbortController()
  const queue: Given<T>[] = []
  let running = sources.length
  let failure: { readonly error: unknown } | undefined
  let current: Given<T> | undefined

  async function pump(source: AsyncGenerator<T>): Promise<void> {
    try {
      for await (const value of source) {
        const latch = createLatch()
        queue.push({ value, worked: latch.open })
        bell.ring()
        await latch.opened
        if (ended.signal.aborted) return
      }
    } catch (error) {
      failure ??= { error }
    } finally {
      running -= 1
      bell.ring()
    }
  }

  for (const source of sources) void pump(source)
  try {
    for (;;) {
      const given = queue.shift()
      if (given !== undefined) {
        current = given
        yield given.value
        given.worked()
      } else if (failure !== undefined) throw failure.error
      else if (running === 0) return
      else await bell.rung(ended.signal)
    }
  } finally {
    // One that waits for something that never comes is not waited for: it ends by the signal it has.
    ended.abort()
    current?.worked()
    for (const given of queue) given.worked()
  }
}

interface Given<T> {
  readonly value: T
  readonly worked: () => void
}
