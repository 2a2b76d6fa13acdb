/** What several iterations give, as it comes. One that ends is left out; one that throws ends all. */
export async function* merged<T>(...sources: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  const next = (source: AsyncGenerator<T>): Promise<Taken<T>> =>
    source.next().then((result) => ({ source, result }))
  const waiting = new Map(sources.map((source) => [source, next(source)]))
  try {
    while (waiting.size > 0) {
      const { source, result } = await Promise.race(waiting.values())
      if (result.done === true) waiting.delete(source)
      else {
        yield result.value
        waiting.set(source, next(source))
      }
    }
  } finally {
    // One that waits for something that never comes is not waited for: it ends by the signal it has.
    for (const [source, pending] of waiting) {
      pending.catch(() => undefined)
      void source.return(undefined).catch(() => undefined)
    }
  }
}

interface Taken<T> {
  readonly source: AsyncGenerator<T>
  readonly result: IteratorResult<T>
}
