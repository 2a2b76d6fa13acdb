interface Limit {
  readonly least: string
  readonly most: string
}

/** Node's timers hold at most 2^31-1 ms (24.8 days) and fire at once beyond: whatever is slept stays well below. */
const SLEEP: Limit = { least: '10ms', most: '1d' }
/** Nothing is remembered longer; keeps milliseconds exact integers. */
const WINDOW: Limit = { least: '0s', most: '365d' }
/** V8 holds strings of up to 512 MiB (2^29 - 24 characters); a line becomes one string. */
const IN_MEMORY: Limit = { least: '1KiB', most: '256MiB' }
/** Wazuh's log collector looks for a new file every 64 s: one that is rotated twice meanwhile is never read (4.14). */
const BETWEEN_LOOKS: Limit = { least: '64MiB', most: '1GiB' }
const ON_DISK: Limit = { least: '1KiB', most: '1024GiB' }

/** Least and most of every duration and size, by setting. A test holds that none is missing. */
export const LIMITS: Readonly<Record<string, Limit>> = {
  shutdownDeadline: { least: '100ms', most: '1h' },
  'sources[wazuh-file].pollInterval': { least: '10ms', most: '1s' },
  'sources[wazuh-file].maxLineBytes': IN_MEMORY,
  'sources[wazuh-file].readBytes': IN_MEMORY,
  'sources[spool].pollInterval': { least: '10ms', most: '1h' },
  'sources[spool].maxAlertBytes': { least: '1KiB', most: '8MiB' },
  'sources[spool].maxOutage': { least: '10m', most: '365d' },
  'sources[spool].maxFailedBytes': ON_DISK,
  'sources[http].maxBodyBytes': IN_MEMORY,
  'sources[http].maxBufferedBytes': { least: '1KiB', most: '16GiB' },
  'sources[http].headerTimeout': { least: '100ms', most: '1h' },
  'sources[http].requestTimeout': { least: '100ms', most: '1h' },
  'sources[http].maxWaitingBytes': ON_DISK,
  'suppress.alertWindow': WINDOW,
  'suppress.matchWindow': WINDOW,
  'providers[feed].checkInterval': SLEEP,
  'providers[feed].startWait': { least: '0s', most: '1d' },
  'providers[feed].maxFileBytes': ON_DISK,
  ...lookUps('misp'),
  'providers[misp].mirror.interval': SLEEP,
  'providers[misp].mirror.overlap': { least: '0s', most: '1d' },
  'providers[misp].mirror.reconcile': SLEEP,
  'providers[misp].mirror.grace': WINDOW,
  'providers[misp].mirror.staleAfter': WINDOW,
  'providers[misp].sightings.interval': { least: '1m', most: '30d' },
  'providers[misp].sightings.flushEvery': SLEEP,
  ...lookUps('opencti'),
  'providers[opencti].mirror.pollInterval': SLEEP,
  'providers[opencti].mirror.reload': { least: '1m', most: '365d' },
  'providers[opencti].mirror.pollReload': { least: '1m', most: '365d' },
  'providers[opencti].mirror.staleAfter': WINDOW,
  'providers[opencti].sightings.window': { least: '1s', most: '30d' },
  'online.patience': { least: '0s', most: '1h' },
  'online.pending.maxBytes': ON_DISK,
  'online.pending.maxAge': WINDOW,
  'deadLetters.maxSize': { least: '32MiB', most: '1024GiB' },
  ...buffers('match-log'),
  ...buffers('parsed-log'),
  ...buffers('stdout'),
  ...buffers('wazuh-log'),
  ...buffers('wazuh-queue'),
  'sinks[match-log].maxSize': ON_DISK,
  'sinks[parsed-log].maxSize': ON_DISK,
  'sinks[wazuh-log].maxSize': BETWEEN_LOOKS,
  'sinks[wazuh-queue].maxSize': { least: '1MiB', most: '1024GiB' },
  'sinks[wazuh-queue].confirm.timeout': { least: '1m', most: '1d' },
  'store[redis].retryDelay': SLEEP,
  'store[redis].timeout': { least: '50ms', most: '1m' },
}

/** Those of `deliverySettings`. */
function buffers(type: string): Readonly<Record<string, Limit>> {
  return {
    [`sinks[${type}].buffer.maxBytes`]: { least: '1MiB', most: '16GiB' },
    [`sinks[${type}].buffer.timeout`]: { least: '100ms', most: '1h' },
  }
}

/** Those of `lookupSettings`. */
function lookUps(type: string): Readonly<Record<string, Limit>> {
  const provider = `providers[${type}]`
  return {
    [`${provider}.cacheTtl`]: WINDOW,
    [`${provider}.negativeCacheTtl`]: WINDOW,
    [`${provider}.staleTtl`]: WINDOW,
    [`${provider}.timeout`]: { least: '100ms', most: '1h' },
    [`${provider}.maxAnswerBytes`]: IN_MEMORY,
    [`${provider}.rateLimit`]: { least: '0s', most: '1h' },
    [`${provider}.burstWindow`]: { least: '1ms', most: '1h' },
    [`${provider}.breakerTimeout`]: SLEEP,
    [`${provider}.breakerMaxTimeout`]: SLEEP,
  }
}
