import type { Writable } from 'node:stream'
import type { z } from 'zod'
import type { ComponentId } from '../core/indicator.ts'
import type { Sink } from '../core/ports.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { matchLogConfig, type MatchLogConfig } from './match-log/config.ts'
import { parsedLogConfig, type ParsedLogConfig } from './parsed-log/config.ts'
import type { Burial } from './refused.ts'
import { stdoutConfig, type StdoutConfig } from './stdout/config.ts'
import { wazuhLogConfig, type WazuhLogConfig } from './wazuh-log/config.ts'
import { wazuhQueueConfig, type WazuhQueueConfig } from './wazuh-queue/config.ts'

interface SinkConfigs {
  readonly 'match-log': MatchLogConfig
  readonly 'parsed-log': ParsedLogConfig
  readonly stdout: StdoutConfig
  readonly 'wazuh-log': WazuhLogConfig
  readonly 'wazuh-queue': WazuhQueueConfig
}

export type SinkKind = keyof SinkConfigs

export interface SinkDeps {
  /** Names the sink in metrics and logs. */
  readonly id: ComponentId
  readonly telemetry: Telemetry
  readonly stdout: Writable
  /** For what a sink keeps until it is sent. */
  readonly stateDir: string
  /** Takes what a sink can never write; absent where nothing is kept. */
  readonly deadLetters?: Burial
}

interface SinkFactory<Config> {
  readonly config: z.ZodType<Config>
  /** As the sink itself says, for those who ask before there is one. */
  readonly takes: NonNullable<Sink['takes']>
  /** Gives a sink that works, or rejects with an AppError. */
  create(config: Config, deps: SinkDeps): Promise<Sink>
}

/** Every kind of sink there is. Each is loaded only where it is used. */
export const SINKS: { readonly [Kind in SinkKind]: SinkFactory<SinkConfigs[Kind]> } = {
  'match-log': {
    config: matchLogConfig,
    takes: 'matches',
    create: async (...given) => (await import('./match-log/match-log.ts')).createMatchLogSink(...given),
  },
  'parsed-log': {
    config: parsedLogConfig,
    takes: 'parsed',
    create: async (...given) => (await import('./parsed-log/parsed-log.ts')).createParsedLogSink(...given),
  },
  stdout: {
    config: stdoutConfig,
    takes: 'matches',
    create: async (...given) => (await import('./stdout/stdout.ts')).createStdoutSink(...given),
  },
  'wazuh-log': {
    config: wazuhLogConfig,
    takes: 'matches',
    create: async (...given) => (await import('./wazuh-log/wazuh-log.ts')).createWazuhLogSink(...given),
  },
  'wazuh-queue': {
    config: wazuhQueueConfig,
    takes: 'matches',
    create: async (...given) => (await import('./wazuh-queue/wazuh-queue.ts')).createWazuhQueueSink(...given),
  },
}

/** The sink that a configuration describes. */
export function createSink<Kind extends SinkKind>(
  config: SinkConfigs[Kind] & { readonly type: Kind },
  deps: SinkDeps,
): Promise<Sink> {
  return SINKS[config.type].create(config, deps)
}
