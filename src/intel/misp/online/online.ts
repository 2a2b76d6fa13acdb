import { createHash } from 'node:crypto'
import type { Lookup, Notice, Store } from '../../../core/ports.ts'
import { lookupEvents } from '../../../telemetry/events/lookup.ts'
import type { Telemetry } from '../../../telemetry/telemetry.ts'
import { batch } from '../../lookup/batch.ts'
import { createBreaker } from '../../lookup/breaker.ts'
import { createCache } from '../../lookup/cache.ts'
import { coalesce } from '../../lookup/coalesce.ts'
import { compose } from '../../lookup/compose.ts'
import { measure } from '../../lookup/measure.ts'
import { createRateLimit } from '../../lookup/rate-limit.ts'
import { retry } from '../../lookup/retry.ts'
import { createBatchSize } from '../../lookup/size.ts'
import { timeout } from '../../lookup/timeout.ts'
import type { MispClient } from '../api.ts'
import { createAsk } from './ask.ts'
import { mispBaseUrl } from '../client/base-url.ts'
import { closable } from './closing.ts'
import type { MispConfig } from '../config.ts'
import { expand } from './expand.ts'
import { weigh } from './values.ts'

export interface MispOnlineOptions {
  readonly id: string
  readonly config: MispConfig
  readonly client: MispClient
  readonly store: Store
  readonly telemetry: Telemetry
  onNotice?(notice: Notice): void
}

export interface MispOnline {
  readonly lookup: Lookup
  /** Resolves when a request makes sense: the breaker and the server's own limit let one through. At abort, too. */
  answering(signal: AbortSignal): Promise<void>
  /** Ends what is being looked up; resolves when what was answered is in the store. */
  close(): Promise<void>
}

/** Look-ups in a MISP over the network: one request (`createAsk`) inside the layers. */
export function createMispOnline({ client, ...options }: MispOnlineOptions): MispOnline {
  const { id, config, store, telemetry } = options
  const { clock } = telemetry
  const events = lookupEvents(telemetry, id)
  const common = { provider: id, clock, events }
  const webUrl = mispBaseUrl(config.webUrl ?? config.url)
  const cache = createCache({
    ...common,
    store,
    ttlMs: config.cacheTtl,
    negativeTtlMs: config.negativeCacheTtl,
    staleMs: config.staleTtl,
    // A value that was unknown a while ago is not known to be harmless now: it waits for its answer.
    negativeStaleMs: 0,
    maxEntries: config.cacheEntries,
    fingerprint: digest([mispBaseUrl(config.url), webUrl, config.toIds, config.published]),
  })
  const breaker = createBreaker({
    ...common,
    threshold: config.breakerThreshold,
    openMs: config.breakerTimeout,
    maxOpenMs: config.breakerMaxTimeout,
    probe: (signal) => client.heartbeat(signal),
    onNotice: (notice) => options.onNotice?.(notice),
  })
  const rateLimit = createRateLimit({
    ...common,
    spacingMs: config.rateLimit,
    burst: config.burstLimit,
    windowMs: config.burstWindow,
    serverLimit: () => client.limit?.(),
  })
  const size = createBatchSize({ ...common, max: config.batchSize, weigh })
  const lookup = compose(
    createAsk({ client, provider: id, webUrl, config, telemetry }),
    measure({ events }),
    expand,
    cache.layer,
    coalesce(),
    batch({ ...common, size: size.current, weigh, concurrency: config.connections }),
    breaker.layer,
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

/** Short: it is stored with every answer. */
function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)
}
