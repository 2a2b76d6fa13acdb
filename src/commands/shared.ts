import { InvalidArgumentError } from 'commander'
import { withFeeds } from '../app/offline.ts'
import { loadConfig, type LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { systemClock } from '../core/clock.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { CommandIo } from './io.ts'

export interface IntelOptions {
  readonly config?: string
  readonly feed: readonly string[]
}

/** For commander: `--feed a --feed b`. */
export function collect(value: string, previous: readonly string[]): readonly string[] {
  if (value === '') throw new InvalidArgumentError('expected a path')
  return [...previous, value]
}

/**
 * The configuration a one-shot command works with. Feeds given on the command line come beside those of a file named
 * with `--config`; without one they are the only ones.
 */
export async function configFor(options: IntelOptions, io: CommandIo): Promise<Config> {
  const { config } = await load(options.config, io)
  return withFeeds(config, options.feed, options.config === undefined ? 'instead' : 'beside')
}

export function load(file: string | undefined, io: CommandIo): Promise<LoadedConfig> {
  return loadConfig(file === undefined ? { env: io.env } : { file, env: io.env })
}

/** Telemetry of a one-shot command: warnings and errors in words on standard error. */
export function quietTelemetry(): Telemetry {
  return {
    logger: createLogger({ level: 'warn', format: 'text' }),
    metrics: createMetrics(),
    clock: systemClock,
  }
}
