import type { Answer } from './answer.ts'
import { failure, prettyFailure, TEXTS } from './answer.ts'
import type { User } from './users.ts'

/** The window is fixed, from the first counted call. */
const WINDOW_SECONDS = 900

export interface RateWindows {
  /** Headers for an answer that counts, or the refusal. Unlimited roles get neither. */
  take(
    user: User,
    url: string,
    now: number,
  ): { readonly headers: Readonly<Record<string, string>>; readonly refusal?: Answer }
  clear(): void
}

export function createRateWindows(): RateWindows {
  const windows = new Map<number, { readonly since: number; used: number }>()
  return {
    clear: () => windows.clear(),
    take: (user, url, now) => {
      const { rateLimit } = user.role
      if (rateLimit === undefined) return { headers: {} }
      if (rateLimit === 0) return { headers: {}, refusal: failure(405, TEXTS.noSearch, url) }
      const open = windows.get(user.id)
      const window = open !== undefined && now - open.since < WINDOW_SECONDS ? open : { since: now, used: 0 }
      windows.set(user.id, window)
      const over = window.used >= rateLimit
      if (!over) window.used += 1
      const headers = limitHeaders(rateLimit, rateLimit - window.used, WINDOW_SECONDS - (now - window.since))
      return over
        ? { headers, refusal: { ...prettyFailure(429, TEXTS.rateLimit, url), headers } }
        : { headers }
    },
  }
}

/** The reset is in seconds from now; there is no `Retry-After`. */
export function limitHeaders(limit: number, remaining: number, reset: number): Record<string, string> {
  return {
    'X-Rate-Limit-Limit': String(limit),
    'X-Rate-Limit-Remaining': String(remaining),
    'X-Rate-Limit-Reset': String(Math.ceil(reset)),
  }
}
