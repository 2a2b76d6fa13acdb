/**
 * Tells a request that is at fault itself from a server that is down: a group that fails again and again while others
 * succeed in between would else be tried for ever. MISP answers some mistakes with the same 500 as its own troubles
 * (recorded facts, 10).
 */
export interface Strikes {
  success(key: string): void
  /** True when the group has failed often enough while others did not. */
  failure(key: string): boolean
}

const MAX_STRIKES = 5

export function createStrikes(): Strikes {
  const failed = new Map<string, { readonly successes: number; readonly strikes: number }>()
  let successes = 0
  return {
    success: (key) => {
      successes += 1
      failed.delete(key)
    },
    failure: (key) => {
      const last = failed.get(key)
      const strikes = (last?.strikes ?? 0) + (last === undefined || last.successes < successes ? 1 : 0)
      if (strikes >= MAX_STRIKES) failed.delete(key)
      else failed.set(key, { successes, strikes })
      return strikes >= MAX_STRIKES
    },
  }
}
