/** A promise and the function that resolves it. */
export interface Latch {
  readonly opened: Promise<void>
  readonly open: () => void
}

export function createLatch(): Latch {
  let resolveIt: (() => void) | undefined
  const opened = new Promise<void>((resolve) => {
    resolveIt = resolve
  })
  return { opened, open: () => resolveIt?.() }
}
