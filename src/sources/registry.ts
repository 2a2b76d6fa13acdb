import type { z } from 'zod'
import type { ComponentId } from '../core/indicator.ts'
import type { Notice, Source } from '../core/ports.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Decode } from './decode.ts'
import { httpConfig, type HttpConfig } from './http/config.ts'
import { spoolConfig, type SpoolConfig } from './spool/config.ts'
import { wazuhFileConfig, type WazuhFileConfig } from './wazuh-file/config.ts'

interface SourceConfigs {
  readonly http: HttpConfig
  readonly spool: SpoolConfig
  readonly 'wazuh-file': WazuhFileConfig
}

export type SourceKind = keyof SourceConfigs

export interface SourceDeps {
  /** Names the source in metrics, logs and its checkpoint. */
  readonly id: ComponentId
  readonly stateDir: string
  readonly decode: Decode
  readonly telemetry: Telemetry
  /** Reads of so many bytes or more may be handed out as blocks of lines (`core/line-block.ts`); absent: none. */
  readonly blockBytes?: number
  /** Told of alerts that are not as they should be, where people who watch Wazuh expect to hear of it. */
  readonly onNotice?: (notice: Notice) => void
}

interface SourceFactory<Config> {
  readonly config: z.ZodType<Config>
  /** What is wrong with a file shows when it is read. Rejects with AppError where an address cannot be listened on. */
  create(config: Config, deps: SourceDeps): Promise<Source>
}

/** Every kind of source a configuration may name. Each is loaded only where it is used. */
export const SOURCES: { readonly [Kind in SourceKind]: SourceFactory<SourceConfigs[Kind]> } = {
  http: {
    config: httpConfig,
    create: async (config, deps) => (await import('./http/http.ts')).createHttpSource({ ...deps, config }),
  },
  spool: {
    config: spoolConfig,
    create: async (config, deps) => (await import('./spool/spool.ts')).createSpoolSource({ ...deps, config }),
  },
  'wazuh-file': {
    config: wazuhFileConfig,
    create: async (config, deps) =>
      (await import('./wazuh-file/wazuh-file.ts')).createWazuhFileSource({ ...deps, config }),
  },
}

/** The source that a configuration describes. Rejects with AppError. */
export function createSource<Kind extends SourceKind>(
  config: SourceConfigs[Kind] & { readonly type: Kind },
  deps: SourceDeps,
): Promise<Source> {
  return SOURCES[config.type].create(config, deps)
}
