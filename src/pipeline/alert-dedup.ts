import { LRUCache } from 'lru-cache'
import type { Alert } from '../core/alert.ts'
import { firingOf } from '../core/alert-identity.ts'
import type { Clock } from '../core/clock.ts'
import { createRecentDigests } from '../core/recent-digests.ts'
import type { SuppressConfig } from './config.ts'

/** Tells alerts that were seen within the window. In memory: a restart replays only what was not done. */
export interface AlertDedup {
  /** True once per alert and window; false for a repeat. */
  isNew(alert: Alert): boolean
  /** The same for an alert of which nothing else is known. Not for alerts that may stand in two files. */
  isNewDigest(digest: bigint): boolean
}

export interface DedupOptions {
  readonly config: SuppressConfig
  readonly clock: Clock
  /** Whether one alert may stand in two files as different lines: `archives.json` beside `alerts.json`. */
  readonly twins: boolean
}

export function createAlertDedup({ config, clock, twins }: DedupOptions): AlertDedup {
  if (config.alertWindow === 0) return { isNew: () => true, isNewDigest: () => true }
  const seen = createRecentDigests(config.maxAlerts)
  const isKnownTwin = twins ? createTwins(config, clock) : (): boolean => false
  const isNewDigest = (digest: bigint): boolean => {
    const now = clock.monotonic()
    const last = seen.seenAt(digest)
    if (last !== undefined && now - last < config.alertWindow) return false
    seen.note(digest, now)
    return true
  }
  return { isNewDigest, isNew: (alert) => isNewDigest(alert.digest) && !isKnownTwin(alert) }
}

interface Firing {
  readonly file: string
  readonly hasText: boolean
  readonly at: number
}

/**
 * Whether the same alert came from another file. A line of `archives.json` always has `full_log`, one of `alerts.json` not
 * with `no_full_log`: a text that only the second line brings is looked at; a JSON text is not, as `data` holds it decoded.
 */
function createTwins({ alertWindow, maxAlerts }: SuppressConfig, clock: Clock): (alert: Alert) => boolean {
  const firings = new LRUCache<string, Firing>({ max: maxAlerts })
  return (alert) => {
    const firing = firingOf(alert)
    if (firing === undefined) return false
    const key = [alert.timestamp, firing, alert.manager, alert.node].join(' ')
    const { file } = alert.origin
    const hasText = hasFreeText(alert)
    const at = clock.monotonic()
    const known = firings.get(key)
    const isTwin =
      known !== undefined && known.file !== file && at - known.at < alertWindow && (known.hasText || !hasText)
    if (!isTwin) firings.set(key, { file, hasText, at })
    return isTwin
  }
}

function hasFreeText({ body }: Alert): boolean {
  const text = body['full_log']
  return typeof text === 'string' && !/^\s*[[{]/.test(text)
}
