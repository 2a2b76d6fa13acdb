import { withFeeds, type Offline } from '../app/offline.ts'
import { loadConfig, type LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { systemClock } from '../core/clock.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/registry.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { IntelOptions } from './feed-option.ts'
import type { CommandIo } from './io.ts'
import { sentencesTo } from './messages.ts'

/** False, and said so, when nothing can match: without a word about it, no match would look like good news. */
export function hasIndicators({ index, asksOnline }: Offline, io: CommandIo): boolean {
  if (index.size > 0 || asksOnline) return true
  io.stderr.write(
    'tripline: no indicators are loaded, so nothing can match. Name feeds with --feed, --config or TRIPLINE_FEEDS.\n',
  )
  return false
}

/** False, and said so, when a provider could not be asked about everything: no match then is no good news. */
export function tellUnanswered(alerts: number, io: CommandIo): boolean {
  if (alerts === 0) return true
  const which = `${alerts.toLocaleString('en')} alert${alerts === 1 ? '' : 's'}`
  io.stderr.write(
    `tripline: ${which} could not be looked up everywhere, because a provider did not answer. Try again; \`tripline check\` tells what is wrong.\n`,
  )
  return false
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

/** Telemetry of a one-shot command: warnings and errors as sentences on standard error. */
export function quietTelemetry({ stderr }: CommandIo): Telemetry {
  return {
    logger: createLogger({ level: 'warn', destination: sentencesTo(stderr) }),
    metrics: createMetrics(),
    clock: systemClock,
  }
}
