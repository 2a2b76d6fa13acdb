import { errorText } from '../../core/errors.ts'
import { codeAndHint } from '../error-fields.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

/** Why a sink that is not required did not get something. */
export type SinkDrop = 'limit' | 'disabled' | 'stopped'

/** Handing what was found to the sinks. */
export interface DeliveryEvents {
  /** A sink that is required refused; it is asked again. */
  refused(sink: string, error: unknown, waiting: Waiting): void
  /** A sink that is required has not accepted for so long. */
  silent(sink: string, ageMs: number): void
  taken(sink: string, attempts: number, ageMs: number): void
  /** A sink that is not required refused or did not answer in time; the others go on. */
  optionalFailed(
    sink: string,
    error: unknown,
    waiting: { readonly deliveries: number; readonly ageMs: number },
  ): void
  optionalResumed(sink: string, attempts: number): void
  /** It can never work again in this run. */
  disabled(sink: string, error: unknown): void
  dropped(sink: string, reason: SinkDrop, records: number): void
  buffered(sink: string, deliveries: number, bytes: number): void
}

interface Waiting {
  readonly retryInMs: number
  /** Of what waits. */
  readonly ageMs: number
}

export function deliveryEvents(telemetry: Telemetry): DeliveryEvents {
  return { ...requiredEvents(telemetry), ...optionalEvents(telemetry) }
}

type RequiredEvents = Pick<DeliveryEvents, 'refused' | 'silent' | 'taken'>

function requiredEvents(telemetry: Telemetry): RequiredEvents {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  const late = new Set<string>()
  const waits = (sink: string, ageMs: number): void => {
    late.add(sink)
    metrics.set('sink_waiting_seconds', ageMs / 1000, { sink })
  }
  return {
    refused: (sink, error, { retryInMs, ageMs }) => {
      waits(sink, ageMs)
      limited(`delivery ${sink}`, (suppressed) =>
        logger.error(
          { sink, ...codeAndHint(error), error: errorText(error), retryInMs, ageMs, suppressed },
          'A sink does not accept matches; reading waits until it does, nothing is lost',
        ),
      )
    },
    silent: (sink, ageMs) => {
      waits(sink, ageMs)
      limited(`delivery ${sink}`, (suppressed) =>
        logger.error(
          { sink, ageMs, suppressed },
          'A sink has not accepted matches for a while; reading waits until it does, nothing is lost',
        ),
      )
    },
    taken: (sink, attempts, ageMs) => {
      if (!late.delete(sink)) return
      metrics.set('sink_waiting_seconds', 0, { sink })
      logger.info({ sink, attempts, ageMs }, 'The sink accepts matches again')
    },
  }
}

function optionalEvents(telemetry: Telemetry): Omit<DeliveryEvents, keyof RequiredEvents> {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    optionalFailed: (sink, error, waiting) =>
      limited(`optional ${sink}`, (suppressed) =>
        logger.warn(
          { sink, ...codeAndHint(error), error: errorText(error), ...waiting, suppressed },
          'A sink that is not required does not accept matches; they wait in memory, the other sinks go on',
        ),
      ),
    optionalResumed: (sink, attempts) =>
      logger.info({ sink, attempts }, 'The sink that is not required accepts matches again'),
    disabled: (sink, error) =>
      logger.error(
        { sink, ...codeAndHint(error), error: errorText(error) },
        'A sink that is not required can never accept matches again; it is left out until the next start',
      ),
    dropped: (sink, reason, records) => {
      if (records === 0) return
      metrics.count('sink_dropped_total', records, { sink, reason })
      limited(`dropped ${sink} ${reason}`, (suppressed) =>
        logger.error(
          { sink, reason, records, suppressed },
          'A sink that is not required did not get everything; what it did not get is dropped for it',
        ),
      )
    },
    buffered: (sink, deliveries, bytes) => {
      metrics.set('sink_buffer_deliveries', deliveries, { sink })
      metrics.set('sink_buffer_bytes', bytes, { sink })
    },
  }
}
