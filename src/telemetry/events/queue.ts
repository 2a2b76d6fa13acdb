import { errorText } from '../../core/errors.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

/** What a sink with a queue of its own has to say. */
export interface QueueEvents {
  /** What waits to be sent, and since when the oldest of it does. */
  waiting(events: number, bytes: number, oldestMs: number): void
  sent(events: number): void
  /** Not confirmed in time: it is sent once more. */
  sentAgain(): void
  /** It becomes a dead letter. */
  refused(reason: string, id: string): void
  /** Lines in the queue's files that are no events. */
  damaged(file: string, lines: number): void
  restored(events: number): void
  /** The receiver takes nothing. Told when it begins: the caller remembers. */
  away(code: string, hint: string | undefined, waiting: number): void
  back(downMs: number, waiting: number): void
  /** What is sent could not be noted or removed: it may be sent again after a restart. */
  notNoted(error: unknown): void
  confirmed(): void
  /** Sent twice, and it did not come back. */
  unconfirmed(id: string): void
}

type Outcome = 'sent' | 'sent_again' | 'refused' | 'damaged' | 'confirmed' | 'unconfirmed'

export function queueEvents(telemetry: Telemetry, sink: string): QueueEvents {
  const { metrics } = telemetry
  const count = (outcome: Outcome, by = 1): void => metrics.count('queue_events_total', by, { sink, outcome })
  return { ...flow(telemetry, sink, count), ...troubles(telemetry, sink, count) }
}

type Count = (outcome: Outcome, by?: number) => void
type Flow = Pick<QueueEvents, 'waiting' | 'sent' | 'sentAgain' | 'restored' | 'away' | 'back' | 'confirmed'>

function flow({ logger, metrics }: Telemetry, sink: string, count: Count): Flow {
  return {
    waiting: (events, bytes, oldestMs) => {
      metrics.set('queue_waiting_events', events, { sink })
      metrics.set('queue_waiting_bytes', bytes, { sink })
      metrics.set('queue_waiting_age_seconds', oldestMs / 1000, { sink })
    },
    sent: (events) => count('sent', events),
    sentAgain: () => count('sent_again'),
    restored: (waiting) => {
      if (waiting > 0) logger.info({ sink, waiting }, 'Events of an earlier run wait to be sent to Wazuh')
    },
    away: (code, hint, waiting) =>
      logger.warn(
        { sink, code, hint, waiting },
        'Wazuh takes no events; they are kept, and sent when it takes them again',
      ),
    back: (downMs, waiting) => logger.info({ sink, downMs, waiting }, 'Wazuh takes events again'),
    confirmed: () => count('confirmed'),
  }
}

function troubles(telemetry: Telemetry, sink: string, count: Count): Omit<QueueEvents, keyof Flow> {
  const { logger } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    refused: (reason, id) => {
      count('refused')
      limited('refused', (suppressed) =>
        logger.error(
          { sink, reason, id, suppressed },
          'An event is not sent, because Wazuh would make no alert of it; it is kept as a dead letter',
        ),
      )
    },
    damaged: (file, lines) => {
      count('damaged', lines)
      limited('damaged', (suppressed) =>
        logger.error(
          { sink, file, lines, suppressed },
          'Events that waited for Wazuh are damaged and cannot be sent',
        ),
      )
    },
    notNoted: (error) =>
      limited('not noted', (suppressed) =>
        logger.warn(
          { sink, error: errorText(error), suppressed },
          'What was sent to Wazuh could not be noted: it may be sent again after a restart',
        ),
      ),
    unconfirmed: (id) => {
      count('unconfirmed')
      limited('unconfirmed', (suppressed) =>
        logger.warn(
          { sink, id, suppressed },
          'An event was sent to Wazuh twice and did not become an alert that Tripline reads',
        ),
      )
    },
  }
}
