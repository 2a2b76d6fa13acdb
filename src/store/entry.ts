/**
 * Times of one entry, wall clock in milliseconds: expiry is durable, so it cannot hang on a monotonic clock, which
 * starts anew with the machine. `expiresAt` is Infinity for what never expires.
 */
export interface Lifetime {
  readonly writtenAt: number
  readonly expiresAt: number
}

/** What time makes of an entry. `future`: written «later» than now, that is, the clock was set back since. */
export type Age = 'live' | 'expired' | 'future'

/** A time to live of zero or less, or none at all (NaN), gives an entry that is expired at once. */
export function lifetime(now: number, ttlMs: number): Lifetime {
  return { writtenAt: now, expiresAt: now + (ttlMs > 0 ? ttlMs : 0) }
}

/**
 * A `future` entry is live, so that a clock set back loses no claim. It must be written again with `rebased` when it
 * is seen, or it would live until the clock has caught up: years, when it was once set to a wrong year.
 */
export function age(entry: Lifetime, now: number): Age {
  if (entry.writtenAt > now) return 'future'
  return now < entry.expiresAt ? 'live' : 'expired'
}

/** The same time to live, counted from now. */
export function rebased(entry: Lifetime, now: number): Lifetime {
  return { writtenAt: now, expiresAt: now + (entry.expiresAt - entry.writtenAt) }
}
