import { errorText, systemErrorCode } from '../../core/errors.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

export interface Answered {
  readonly remote: string
  readonly accepted: number
  readonly rejected: number
}

/** What a source that takes alerts over HTTP has to say. Neither bodies nor headers are logged. */
export interface HttpEvents {
  listening(place: { readonly host: string; readonly port: number; readonly tls: boolean }): void
  /** Other machines may send, and others read along. */
  unencrypted(host: string): void
  /** A request was answered: what became of it. */
  answered(outcome: string, answered: Answered): void
  /** Pieces of a request that gave no alert, by reason. */
  rejected(reasons: ReadonlyMap<string, number>): void
  /** How much of what was accepted is not done yet. */
  waiting(alerts: number, bytes: number): void
  writeFailed(error: unknown): void
  /** A connection on which no request came that could be answered. */
  badRequest(status: number, peer: { readonly remote: string | undefined; readonly errno: string }): void
  connectionRefused(limit: number): void
  acceptFailed(error: unknown): void
  /** A request failed for a reason of Tripline's own. */
  failed(error: unknown): void
}

export function httpEvents(telemetry: Telemetry, source: string): HttpEvents {
  return { ...flowEvents(telemetry, source), ...troubleEvents(telemetry, source) }
}

type FlowEvents = Pick<HttpEvents, 'listening' | 'unencrypted' | 'answered' | 'rejected' | 'waiting'>

/** Of outcomes that tell how the source does; others tell of the sender. */
const STATES = {
  accepted: { state: 'ok', reason: '' },
  full: { state: 'degraded', reason: 'too many alerts wait: senders are told to come again' },
  unwritable: { state: 'failed', reason: 'alerts cannot be written: senders are told to come again' },
} as const

function flowEvents(telemetry: Telemetry, source: string): FlowEvents {
  const { logger, metrics, health } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    listening: (place) => logger.info({ source, ...place }, 'Taking alerts over HTTP'),
    unencrypted: (host) =>
      logger.warn(
        { source, host },
        'Alerts and the token come unencrypted: set tls, or listen on 127.0.0.1 behind a proxy that does it',
      ),
    answered: (outcome, { remote, accepted, rejected }) => {
      metrics.count('http_requests_total', 1, { source, outcome })
      if (outcome === 'accepted' || outcome === 'full' || outcome === 'unwritable')
        health?.set(`source ${source}`, 'intake', STATES[outcome].state, STATES[outcome].reason)
      if (accepted > 0) metrics.count('http_alerts_accepted_total', accepted, { source })
      if (outcome === 'accepted') {
        logger.debug({ source, remote, accepted, rejected }, 'Alerts were taken over HTTP')
        return
      }
      limited(`answered ${outcome}`, (suppressed) =>
        logger.warn({ source, outcome, remote, suppressed }, 'A request was not taken'),
      )
    },
    rejected: (reasons) => {
      for (const [reason, count] of reasons) {
        metrics.count('http_alerts_rejected_total', count, { source, reason })
        limited(`rejected ${reason}`, (suppressed) =>
          logger.warn({ source, reason, count, suppressed }, 'A part of a request gave no alert'),
        )
      }
    },
    waiting: (alerts, bytes) => {
      metrics.set('http_waiting_alerts', alerts, { source })
      metrics.set('http_waiting_bytes', bytes, { source })
    },
  }
}

function troubleEvents(telemetry: Telemetry, source: string): Omit<HttpEvents, keyof FlowEvents> {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    writeFailed: (error) =>
      limited('write', (suppressed) =>
        logger.error(
          { source, errno: systemErrorCode(error), error: errorText(error), suppressed },
          'Alerts that came over HTTP cannot be written: senders are told to come again',
        ),
      ),
    badRequest: (status, { remote, errno }) => {
      metrics.count('http_bad_requests_total', 1, { source, status: String(status) })
      limited(`bad ${status}`, (suppressed) =>
        logger.warn({ source, status, remote, errno, suppressed }, 'A connection gave no request'),
      )
    },
    connectionRefused: (limit) => {
      metrics.count('http_connections_refused_total', 1, { source })
      limited('refused', (suppressed) =>
        logger.warn({ source, limit, suppressed }, 'A connection was closed: there are too many'),
      )
    },
    acceptFailed: (error) =>
      limited('accept', (suppressed) =>
        logger.error(
          { source, errno: systemErrorCode(error), error: errorText(error), suppressed },
          'A connection could not be accepted',
        ),
      ),
    failed: (error) =>
      limited('failed', (suppressed) =>
        logger.error({ source, error: errorText(error), suppressed }, 'A request could not be worked on'),
      ),
  }
}
