import type { Config } from '../config/schema.ts'
import { AppError } from '../core/errors.ts'
import type { IndicatorIndex } from '../core/ports.ts'
import { createProvider } from '../intel/registry.ts'
import { createAskOnline, type AskOnline, type OnlineProvider } from '../pipeline/online.ts'
import { createMemoryStore } from '../store/memory/memory.ts'
import { isOnline } from './online.ts'
import { feedConfig } from '../intel/feed/config.ts'
import { feedsOnce } from '../intel/feed/once.ts'
import { createPolicy, type Policy } from '../pipeline/policy.ts'
import { about } from './about.ts'
import { createAnalysis } from './analysis.ts'
import { openScratchMirror, type Mirror } from './mirror.ts'
import { openCommandLists } from './command-lists.ts'
import type { Analyse } from '../pipeline/analyse.ts'
import type { AlertPatterns } from '../pipeline/patterns.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/**
 * What `scan`, `lookup` and `explain` work with: all feeds loaded once, other providers asked online, nothing followed,
 * nothing kept.
 */
export interface Offline {
  readonly analyse: Analyse
  readonly policy: Policy
  readonly patterns: AlertPatterns
  readonly index: IndicatorIndex
  /** Asks the providers that can be asked; gives back what it got when there are none. */
  readonly askOnline: AskOnline
  readonly asksOnline: boolean
  close(): Promise<void>
}

export interface OfflineOptions {
  readonly config: Config
  readonly telemetry: Telemetry
  readonly signal: AbortSignal
  /** Called while feeds load, with the number of indicators so far. */
  readonly onLoaded?: (indicators: number) => void
  /**
   * Milliseconds from now: how long to wait for the warning-lists of a provider, which are then missing, and, asked when all is
   * loaded, for the answers about one batch of alerts. As long as requests take, and two minutes, when absent.
   */
  readonly patience?: (stage: 'lists' | 'answers') => number
}

/** How long a command waits for the answers about one batch of alerts, unless it says otherwise. */
const PATIENCE_MS = 120_000
/** Answers kept by a command: about 300 bytes each. */
const MAX_ANSWERS = 200_000

/**
 * Rejects with FEED_UNREADABLE or FEED_MALFORMED, which names the file, when a feed cannot be used: a scan without it
 * would look clean.
 */
export async function openOffline(options: OfflineOptions): Promise<Offline> {
  const { config, telemetry } = options
  const { patience } = options
  const warningLists = await openCommandLists(config, telemetry, {
    signal: options.signal,
    ...(patience === undefined ? {} : { patience: () => patience('lists') }),
  })
  const policy = createPolicy(config.policy, { warningLists })
  const { mirror, discard } = await openScratchMirror(Object.keys(config.providers), telemetry)
  let providers: readonly OnlineProvider[]
  try {
    for (const [id, settings] of Object.entries(config.providers)) {
      if (settings.type === 'feed') await loadFeeds(id, settings, mirror, options)
    }
    providers = await onlineProviders(config, telemetry)
  } catch (error) {
    await discard()
    throw error
  }
  const { clock } = telemetry
  const { analyse, patterns } = createAnalysis(config, { index: mirror, policy, clock })
  return {
    analyse,
    policy,
    patterns,
    index: mirror,
    askOnline: orThrow(
      createAskOnline({
        providers,
        policy,
        patterns,
        patienceMs: options.patience?.('answers') ?? PATIENCE_MS,
        clock,
      }),
    ),
    asksOnline: providers.length > 0,
    close: async () => {
      await Promise.all(providers.map((provider) => provider.close()))
      await discard()
    },
  }
}

/** A command ends with a defect, and says so. */
function orThrow(ask: AskOnline): AskOnline {
  return async (analyses, signal) => {
    const result = await ask(analyses, signal)
    const [first] = result.failed
    if (first !== undefined) throw first.error
    return result
  }
}

/** A command has no mirror of its own, so it asks, whatever the mode; it tells of no sightings. */
async function onlineProviders(config: Config, telemetry: Telemetry): Promise<readonly OnlineProvider[]> {
  const store = createMemoryStore({ clock: telemetry.clock, maxEntries: MAX_ANSWERS })
  const { stateDir } = config
  const providers = Object.entries(config.providers)
    .flatMap(([id, settings]) => (settings.type === 'feed' ? [] : [{ id, config: askedOnly(settings) }]))
    .map((asked) => createProvider({ ...asked, telemetry, store, stateDir, once: true }))
  return (await Promise.all(providers)).filter(isOnline)
}

type Platform = Exclude<Config['providers'][string], FeedSettings>

export function askedOnly(settings: Platform): Platform {
  return settings.type === 'misp'
    ? { ...settings, mode: 'online', sightings: { ...settings.sightings, enabled: false } }
    : { ...settings, mode: 'online', sightings: { ...settings.sightings, enabled: false } }
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
