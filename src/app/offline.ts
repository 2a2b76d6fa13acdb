import type { Config } from '../config/schema.ts'
import { AppError } from '../core/errors.ts'
import type { IndicatorIndex } from '../core/ports.ts'
import { feedConfig } from '../intel/feed/config.ts'
import { feedsOnce } from '../intel/feed/once.ts'
import { createPolicy, type Policy } from '../pipeline/policy.ts'
import { about } from './about.ts'
import { createAnalysis } from './analysis.ts'
import { openScratchMirror, type Mirror } from './mirror.ts'
import type { Analyse } from '../pipeline/analyse.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** What `scan`, `lookup` and `explain` work with: all feeds loaded once, nothing followed, nothing kept. */
export interface Offline {
  readonly analyse: Analyse
  readonly policy: Policy
  readonly index: IndicatorIndex
  close(): Promise<void>
}

export interface OfflineOptions {
  readonly config: Config
  readonly telemetry: Telemetry
  readonly signal: AbortSignal
  /** Called while feeds load, with the number of indicators so far. */
  readonly onLoaded?: (indicators: number) => void
}

/**
 * Rejects with FEED_UNREADABLE or FEED_MALFORMED, which names the file, when a feed cannot be used: a scan without it
 * would look clean.
 */
export async function openOffline(options: OfflineOptions): Promise<Offline> {
  const { config, telemetry } = options
  const policy = createPolicy(config.policy)
  const { mirror, discard } = await openScratchMirror(Object.keys(config.providers), telemetry)
  try {
    for (const [id, settings] of Object.entries(config.providers)) {
      if (settings.type === 'feed') await loadFeeds(id, settings, mirror, options)
    }
  } catch (error) {
    await discard()
    throw error
  }
  return {
    analyse: createAnalysis(config, mirror, policy, telemetry.clock),
    policy,
    index: mirror,
    close: discard,
  }
}

/** The configuration with feeds from a command line: beside its own providers, or in their place. */
export function withFeeds(config: Config, paths: readonly string[], keep: 'beside' | 'instead'): Config {
  if (paths.length === 0) return config
  const given = feedConfig.parse({ type: 'feed', feeds: paths.map((path) => ({ path })) })
  return { ...config, providers: { ...(keep === 'beside' ? config.providers : {}), 'command-line': given } }
}

type FeedSettings = Extract<Config['providers'][string], { type: 'feed' }>

async function loadFeeds(
  id: string,
  config: FeedSettings,
  mirror: Mirror,
  { telemetry, signal, onLoaded }: OfflineOptions,
): Promise<void> {
  for await (const change of feedsOnce({ id, config, telemetry })) {
    try {
      await mirror.apply(id, change, signal)
    } catch (error) {
      if (signal.aborted) throw new AppError('INTERNAL', 'Interrupted while loading feeds', { cause: error })
      throw error instanceof AppError && change.kind !== 'ready' ? about(change.unit, error) : error
    }
    onLoaded?.(mirror.size)
  }
}
