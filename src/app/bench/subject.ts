import type { Config } from '../../config/schema.ts'
import type { Clock } from '../../core/clock.ts'
import { OBSERVABLE_TYPES } from '../../core/observable.ts'
import type { MispConfig } from '../../intel/misp/config.ts'
import type { OpenCtiConfig } from '../../intel/opencti/config.ts'
import { createDecoder, type Decode } from '../../sources/decode.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { createMetrics } from '../../telemetry/registry.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { openOffline, type Offline } from '../offline.ts'
import { watched, type Budget } from './budget.ts'

export type PlatformConfig = MispConfig | OpenCtiConfig

/** What is measured: the settings, and all of it that is loaded once. */
export interface Subject {
  readonly config: Config
  /** The providers that are asked, by id. */
  readonly platforms: ReadonlyMap<string, PlatformConfig>
  /** Feeds, policy and extractor. */
  readonly offline: Offline
  readonly decode: Decode
  readonly clock: Clock
  readonly budget: Budget
  /** Silent, with counters of its own. */
  telemetry(): Telemetry
  close(): Promise<void>
}

export interface SubjectOptions {
  readonly config: Config
  readonly clock: Clock
  readonly budget: Budget
  readonly signal: AbortSignal
  readonly onLoaded?: (indicators: number) => void
}

/** Types that the sample alerts hold. */
export const SAMPLE_TYPES = OBSERVABLE_TYPES.filter((type) => type !== 'sha512')

/** Rejects as `openOffline` does when a feed cannot be used. */
export async function openSubject(options: SubjectOptions): Promise<Subject> {
  const { clock, budget, signal, onLoaded } = options
  const config = benchConfig(options.config)
  const logger = createLogger({ level: 'silent' })
  const telemetry = (): Telemetry => ({ logger, clock, metrics: watched(createMetrics(), budget) })
  const all = Object.entries(config.providers)
  const feeds = Object.fromEntries(all.filter(([, { type }]) => type === 'feed'))
  const offline = await openOffline({
    config: { ...config, providers: feeds },
    telemetry: telemetry(),
    signal,
    ...(onLoaded === undefined ? {} : { onLoaded }),
  })
  return {
    config,
    platforms: platformsOf(config),
    offline,
    decode: await createDecoder(),
    clock,
    budget,
    telemetry,
    close: () => offline.close(),
  }
}

export function platformsOf({ providers }: Config): ReadonlyMap<string, PlatformConfig> {
  return new Map(
    Object.entries(providers).flatMap(([id, settings]): [string, PlatformConfig][] =>
      settings.type === 'feed' ? [] : [[id, settings]],
    ),
  )
}

/** Of the special ranges those of the sample alerts are looked up, and no other, whatever the settings say: nothing private is sent. */
function benchConfig(config: Config): Config {
  return { ...config, policy: { ...config.policy, lookUpSpecial: ['documentation'] } }
}
