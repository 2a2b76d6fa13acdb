import type { Config } from '../config/schema.ts'
import type { IntelProvider } from '../core/ports.ts'
import type { Extract } from '../extract/extract.ts'
import type { BlockParts } from '../pipeline/block.ts'
import { SINKS } from '../sinks/registry.ts'
import { catchUpEvents } from '../telemetry/events/catch-up.ts'
import type { DaemonParts } from './components.ts'
import { createExamination } from './examination.ts'
import { createExaminer, startExamineThread } from './examiner.ts'
import { isOnline } from './online.ts'
import type { ClosingStack } from './shutdown.ts'
import { followsTwins } from './twins.ts'

/**
 * Whether a backlog is read in blocks of lines. Not where somebody is asked online about each alert, nor where one alert may stand in
 * two files: there more must be known of each than a block tells.
 */
export function takesBlocks(config: Config, providers: readonly IntelProvider[]): boolean {
  return !providers.some(isOnline) && !followsTwins(config)
}

/** What examines them, with the threads that the settings allow. */
export async function openExaminer(
  { config, telemetry }: DaemonParts,
  { closing, extract }: { readonly closing: ClosingStack; readonly extract: Extract },
): Promise<Pick<BlockParts, 'examine'>> {
  const parsedLines = Object.values(config.sinks).some(({ type }) => SINKS[type].takes === 'parsed')
  const settings = { extract: config.extract, policy: config.policy, parsedLines }
  const examiner = createExaminer({
    threads: config.catchUp.threads,
    start: () => startExamineThread(settings),
    examine: await createExamination(settings, extract),
    clock: telemetry.clock,
    events: catchUpEvents(telemetry),
  })
  closing.push('helping threads', () => examiner.close())
  return { examine: examiner.examine }
}
