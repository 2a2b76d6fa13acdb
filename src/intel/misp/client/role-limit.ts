import type { Clock } from '../../../core/clock.ts'
import type { MispLimit } from '../api.ts'

/** What is left of the role's searches, from the headers of the last search: a fixed window of 15 minutes. */
export interface RoleLimit {
  see(headers: Readonly<Record<string, string>>): void
  now(): MispLimit | undefined
}

export function createRoleLimit(clock: Clock): RoleLimit {
  let last: { readonly remaining: number; readonly resetAt: number } | undefined
  return {
    see: (headers) => {
      const remaining = headers['x-rate-limit-remaining'] ?? ''
      const reset = headers['x-rate-limit-reset'] ?? ''
      if (!/^\d{1,9}$/.test(remaining) || !/^\d{1,9}$/.test(reset)) return
      last = { remaining: Number(remaining), resetAt: clock.monotonic() + Number(reset) * 1000 }
    },
    now: () => {
      const resetMs = (last?.resetAt ?? 0) - clock.monotonic()
      return last === undefined || resetMs <= 0 ? undefined : { remaining: last.remaining, resetMs }
    },
  }
}
