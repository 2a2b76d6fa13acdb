import type { z } from 'zod'
import type { IntelProvider } from '../core/ports.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { feedConfig, type FeedConfig } from './feed/config.ts'
import { createFeedProvider } from './feed/feed.ts'
import { mispConfig, type MispConfig } from './misp/config.ts'

export type ProviderConfig = FeedConfig | MispConfig

export interface ProviderOptions<Config extends ProviderConfig> {
  readonly id: string
  readonly config: Config
  readonly telemetry: Telemetry
}

interface ProviderKind<Config extends ProviderConfig> {
  readonly config: z.ZodType<Config>
  /** Undefined: the settings are parsed and checked, but nothing is made of them in this version. */
  readonly create: ((options: ProviderOptions<Config>) => IntelProvider) | undefined
}

type ProviderTable = {
  readonly [Kind in ProviderConfig['type']]: ProviderKind<Extract<ProviderConfig, { type: Kind }>>
}

/** Every kind of provider, by the `type` of its settings. */
const PROVIDERS = {
  feed: { config: feedConfig, create: createFeedProvider },
  misp: { config: mispConfig, create: undefined },
} as const satisfies ProviderTable

/** Undefined for a kind that is not active in this version: say so to the operator. */
export function createProvider(options: ProviderOptions<ProviderConfig>): IntelProvider | undefined {
  const { id, config, telemetry } = options
  return config.type === 'feed' ? PROVIDERS.feed.create({ id, config, telemetry }) : PROVIDERS.misp.create
}
