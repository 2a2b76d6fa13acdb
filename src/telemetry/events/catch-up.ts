import { errorText } from '../../core/errors.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

/** Blocks of lines, which are read where there is a backlog. */
export interface CatchUpEvents {
  examined(thread: 'main' | 'helper'): void
  threadFailed(error: unknown): void
}

export function catchUpEvents(telemetry: Telemetry): CatchUpEvents {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    examined: (thread) => metrics.count('line_blocks_total', 1, { thread }),
    threadFailed: (error) =>
      limited('thread', (suppressed) =>
        logger.error(
          { error: errorText(error), suppressed },
          'A helping thread failed; its work is done without it, nothing is lost',
        ),
      ),
  }
}
