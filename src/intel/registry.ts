import type { z } from 'zod'
import type { IntelProvider, Notice, Store } from '../core/ports.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { feedConfig, type FeedConfig } from './feed/config.ts'
import { mispConfig, type MispConfig } from './misp/config.ts'
import { openCtiConfig, type OpenCtiConfig } from './opencti/config.ts'

export type ProviderConfig = FeedConfig | MispConfig | OpenCtiConfig

export interface ProviderOptions<Config extends ProviderConfig> {
  readonly id: string
  readonly config: Config
  readonly telemetry: Telemetry
  readonly store: Store
  /** For what is too large for the store. */
  readonly stateDir: string
  /** Called when a trouble with the provider begins, and when it is over. */
  onNotice?(notice: Notice): void
  /** For one command: the provider is asked, not watched. */
  readonly once?: true
}

interface ProviderKind<Config extends ProviderConfig> {
  readonly config: z.ZodType<Config>
  readonly create: (options: ProviderOptions<Config>) => Promise<IntelProvider>
}

type ProviderTable = {
  readonly [Kind in ProviderConfig['type']]: ProviderKind<Extract<ProviderConfig, { type: Kind }>>
}

/** Every kind of provider, by the `type` of its settings. Each is loaded only where it is used. */
const PROVIDERS = {
  feed: {
    config: feedConfig,
    create: async (options) => (await import('./feed/feed.ts')).createFeedProvider(options),
  },
  misp: {
    config: mispConfig,
    create: async (options) => (await import('./misp/misp.ts')).createMispProvider(options),
  },
  opencti: {
    config: openCtiConfig,
    create: async (options) => (await import('./opencti/opencti.ts')).createOpenCtiProvider(options),
  },
} as const satisfies ProviderTable

/** Rejects with CONFIG_INVALID when the settings name a file that is no good. */
export function createProvider(options: ProviderOptions<ProviderConfig>): Promise<IntelProvider> {
  const { config, ...rest } = options
  if (config.type === 'feed') return PROVIDERS.feed.create({ ...rest, config })
  if (config.type === 'misp') return PROVIDERS.misp.create({ ...rest, config })
  return PROVIDERS.opencti.create({ ...rest, config })
}
