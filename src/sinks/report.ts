import type { SinkEvents } from '../telemetry/events/sink.ts'
import { sinkError, stoppedError } from './errors.ts'

export interface ReportedWrite {
  /** The file, or `standard output`, for messages. */
  readonly target: string
  readonly events: SinkEvents
  readonly signal: AbortSignal
}

/**
 * Runs one write of a sink and says how it went. `work` gives the number of records written. An aborted signal rejects
 * before it begins; what becomes of a write that has begun is the sink's own matter.
 */
export async function reported(write: ReportedWrite, work: () => Promise<number>): Promise<void> {
  if (write.signal.aborted) throw stoppedError(write.target)
  try {
    const records = await work()
    if (records > 0) write.events.written(records)
  } catch (error) {
    const failure = sinkError(error, write.target)
    if (!write.signal.aborted) write.events.failed()
    throw failure
  }
}
