import { createHash } from 'node:crypto'
import type { ComponentId } from '../../core/indicator.ts'
import type { Observable } from '../../core/observable.ts'
import type { Lookup, Notice, Store } from '../../core/ports.ts'
import { lookupEvents, type LookupEvents } from '../../telemetry/events/lookup.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { Ask } from './ask.ts'
import { batch } from './batch.ts'
import { createBreaker } from './breaker.ts'
import { createBreakerHints } from './breaker-hints.ts'
import { createCache } from './cache.ts'
import { closable } from './closing.ts'
import { coalesce } from './coalesce.ts'
import { compose } from './compose.ts'
import { expand } from './expand.ts'
import { measure } from './measure.ts'
import { createRateLimit, type RateLimitOptions } from './rate-limit.ts'
import { retry } from './retry.ts'
import type { LookupSettings } from './settings.ts'
import { createBatchSize } from './size.ts'
import { timeout } from './timeout.ts'
import { toldFailures } from './told-failures.ts'

export interface OnlineLookupOptions {
  readonly id: ComponentId
  readonly config: LookupSettings
  /** One request to the platform. */
  readonly ask: Ask
  /** How many values an observable is in a request. */
  readonly weigh: (observable: Observable) => number
  /** A small request that tells whether the platform is back. */
  readonly probe: (signal: AbortSignal) => Promise<void>
  /** The address of the platform, in one spelling: nodes with the same one share its limits. */
  readonly server: string
  /** What an answer depends on besides the value: others are not used from the cache. */
  readonly dependsOn: readonly unknown[]
  /** What the server says is left of its own limit. */
  readonly serverLimit?: RateLimitOptions['serverLimit']
  /** Tell of each request that failed, and not only when the platform is given up for a while. */
  readonly tellsEach?: true
  readonly store: Store
  readonly telemetry: Telemetry
  onNotice?(notice: Notice): void
}

export interface OnlineLookup {
  readonly lookup: Lookup
  /** Resolves when a request makes sense: the breaker and the server's own limit let one through. At abort, too. */
  answering(signal: AbortSignal): Promise<void>
  /** Ends what is being looked up; resolves when what was answered is in the store. */
  close(): Promise<void>
}

/** Look-ups over the network: one request inside the layers. */
export function createOnlineLookup(options: OnlineLookupOptions): OnlineLookup {
  const { id, config, weigh, store, telemetry } = options
  const { clock } = telemetry
  const events = lookupEvents(telemetry, id)
  const common = { provider: id, clock, events, ...otherNodes(options, events) }
  const onNotice = (notice: Notice): void => options.onNotice?.(notice)
  const cache = createCache({
    ...common,
    ...cacheTimes(config),
    store,
    maxEntries: config.cacheEntries,
    maxStored: config.cacheStored,
    fingerprint: digest(options.dependsOn),
  })
  const breaker = createBreaker({
    ...common,
    threshold: config.breakerThreshold,
    openMs: config.breakerTimeout,
    maxOpenMs: config.breakerMaxTimeout,
    probe: options.probe,
    onNotice,
  })
  const rateLimit = createRateLimit({
    ...common,
    spacingMs: config.rateLimit,
    burst: config.burstLimit,
    windowMs: config.burstWindow,
    serverLimit: () => options.serverLimit?.(),
  })
  const size = createBatchSize({ ...common, max: config.batchSize, weigh })
  const lookup = compose(
    options.ask,
    measure({ events }),
    expand,
    cache.layer,
    coalesce(),
    batch({ ...common, size: size.current, weigh, concurrency: config.connections }),
    breaker.layer,
    options.tellsEach === true ? toldFailures({ ...common, onNotice }) : (next) => next,
    retry({ retries: config.retries, clock }),
    rateLimit.layer,
    size.layer,
    timeout({ ms: config.timeout, clock }),
  )
  const open = closable(lookup)
  return {
    lookup: open.lookup,
    answering: async (signal) => {
      await breaker.whenRetry(signal)
      const waitMs = rateLimit.waitMs()
      if (waitMs > 0) await clock.sleep(waitMs, signal)
    },
    close: async () => {
      await open.close()
      await cache.idle()
    },
  }
}

/**
 * Providers of several nodes are the same one when id and server are. Their limits, too, must be the same to be one budget: each node
 * goes by its own settings.
 */
function otherNodes(
  { id, server, config, store: { peers }, telemetry }: OnlineLookupOptions,
  events: LookupEvents,
) {
  if (peers === undefined) return {}
  const { rateLimit, burstLimit, burstWindow } = config
  const key = `${id}/${digest([server])}`
  const bucket = `${id}/${digest([server, rateLimit, burstLimit, burstWindow])}`
  return {
    hints: createBreakerHints({ peers, key, clock: telemetry.clock, events }),
    shared: { peers, bucket },
  }
}

function cacheTimes({ cacheTtl, negativeCacheTtl, staleTtl }: LookupSettings) {
  // A value that was unknown a while ago is not known to be harmless now: it waits for its answer.
  return { ttlMs: cacheTtl, negativeTtlMs: negativeCacheTtl, staleMs: staleTtl, negativeStaleMs: 0 }
}

/** Short: it is stored with every answer. */
function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)
}
