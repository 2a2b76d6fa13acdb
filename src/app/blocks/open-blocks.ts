import type { IntelProvider } from '../../core/ports.ts'
import type { Extract } from '../../extract/extract.ts'
import type { BlockParts } from '../../pipeline/block.ts'
import { catchUpEvents } from '../../telemetry/events/catch-up.ts'
import type { DaemonParts } from '../components.ts'
import { createExamination } from './examination.ts'
import { createExaminer, EXAMINE_THREAD, threadsOf } from './examiner.ts'
import type { Mirror } from '../mirror.ts'
import { isOnline } from '../online.ts'
import type { ClosingStack } from '../shutdown.ts'
import { followsTwins } from '../twins.ts'

/**
 * What takes blocks of lines, with the threads that the settings allow. None where somebody is asked online about each alert, nor
 * where one alert may stand in two files: there more must be known of each than a block tells.
 */
export async function openBlocks(
  { config, telemetry }: DaemonParts,
  { closing, extract, providers, mirror }: BlocksContext,
): Promise<{ readonly blocks?: BlockParts }> {
  if (providers.some(isOnline) || followsTwins(config)) return {}
  const parsedLines = Object.values(config.sinks).some(({ type }) => type === 'parsed-log')
  const settings = { extract: config.extract, policy: config.policy, parsedLines }
  const start = threadsOf(EXAMINE_THREAD)
  const examiner = createExaminer({
    threads: config.catchUp.threads,
    start: () => start(settings),
    examine: await createExamination(settings, extract),
    clock: telemetry.clock,
    events: catchUpEvents(telemetry),
  })
  closing.push('helping threads', () => examiner.close())
  return { blocks: { examine: examiner.examine, mayKnow: mirror.mayKnow } }
}

interface BlocksContext {
  readonly closing: ClosingStack
  readonly extract: Extract
  readonly providers: readonly IntelProvider[]
  readonly mirror: Mirror
}
