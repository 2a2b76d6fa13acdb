/** Names held; more files than that are tried again at each look. A name has at most 255 bytes. */
const MOST = 10_000

/** Files that are there and cannot be worked on. They are left alone, so that they hold up nothing behind them. */
export interface PassedOver {
  /** `later`: `retry` takes it back; `for good`: as long as the file is there. */
  add(name: string, until: 'later' | 'for good'): void
  /** A listed file was not there when it was opened: true, and it is passed over, when that is the second time. */
  vanished(name: string): boolean
  /** Lists the folder; names it was not asked about are gone, and are forgotten. Rejects as `list` does. */
  during<Result>(list: (isPassedOver: (name: string) => boolean) => Promise<Result>): Promise<Result>
  retry(): void
  size(): number
}

export function createPassedOver(): PassedOver {
  const names = new Map<string, 'later' | 'for good'>()
  const vanishedOnce = new Set<string>()
  const add: PassedOver['add'] = (name, until) => {
    if (names.size < MOST) names.set(name, until)
  }
  return {
    add,
    vanished: (name) => {
      const again = vanishedOnce.delete(name)
      if (again) add(name, 'for good')
      else if (vanishedOnce.size < MOST) vanishedOnce.add(name)
      return again
    },
    during: async (list) => {
      const seen = new Set<string>()
      const result = await list((name) => {
        if (names.has(name) || vanishedOnce.has(name)) seen.add(name)
        return names.has(name)
      })
      for (const known of [names, vanishedOnce])
        for (const name of known.keys()) if (!seen.has(name)) known.delete(name)
      return result
    },
    retry: () => {
      for (const [name, until] of names) if (until === 'later') names.delete(name)
    },
    size: () => names.size,
  }
}
