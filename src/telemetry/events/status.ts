import { errorText } from '../../core/errors.ts'
import { clip } from '../../core/text.ts'
import { codeAndHint } from '../error-fields.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

/** What the listener of metrics, probes and the status page has to say, and what tells systemd. */
export interface StatusEvents {
  listening(at: { readonly host: string; readonly port: number; readonly tls: boolean }): void
  unencrypted(host: string): void
  /** The default port is taken: tried again. */
  portTaken(port: number, retryInMs: number): void
  /** Another trial failed for another reason than that. */
  notServed(error: unknown, retryInMs: number): void
  answered(status: number, remote: string): void
  failed(error: unknown): void
  connectionRefused(maxConnections: number): void
  /** systemd waits for word of the start, and cannot be told. */
  notifyUnusable(problem: string): void
  /** systemd is told by a program of its own. */
  notifyByProgram(reason: string): void
}

const NOTIFY_HINT = `Install the optional package unix-dgram for this Node, or set Type=exec, NotifyAccess=none and WatchdogSec=0 in the unit.`
const PROGRAM_HINT = `The unit must have NotifyAccess=all for this, as the one in deploy/systemd; else systemd waits in vain until TimeoutStartSec=.`

export function statusEvents(telemetry: Telemetry): StatusEvents {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    listening: (at) => logger.info(at, 'Metrics, health and the status page are served'),
    unencrypted: (host) =>
      logger.warn(
        { host, setting: 'http.tls' },
        'The status page is served without TLS to other machines: the token and the alerts can be read on the way',
      ),
    portTaken: (port, retryInMs) =>
      limited('port taken', (suppressed) =>
        logger.warn(
          { port, retryInMs, setting: 'http.port', suppressed },
          'The port of the status page is taken by another process: it is not served until the port is free',
        ),
      ),
    notServed: (error, retryInMs) =>
      limited('not served', (suppressed) =>
        logger.warn(
          { ...codeAndHint(error), error: errorText(error), retryInMs, suppressed },
          'The status page cannot be served; it is tried again',
        ),
      ),
    answered: (status, remote) => {
      metrics.count('status_requests_total', 1, { status: String(status) })
      if (status !== 401) return
      limited('unauthorized', (suppressed) =>
        logger.warn({ remote, suppressed }, 'The status page was asked for without the right token'),
      )
    },
    failed: (error) =>
      limited('failed', (suppressed) =>
        logger.error(
          { error: errorText(error), suppressed },
          'The status page failed to answer; please report this',
        ),
      ),
    connectionRefused: (maxConnections) => {
      metrics.count('status_connections_refused_total', 1)
      limited('connections', (suppressed) =>
        logger.warn(
          { maxConnections, setting: 'http.maxConnections', suppressed },
          'Too many connections to the status page: further ones are closed',
        ),
      )
    },
    notifyUnusable: (problem) =>
      logger.warn({ problem, hint: NOTIFY_HINT }, 'systemd cannot be told that Tripline has started'),
    notifyByProgram: (reason) =>
      logger.info(
        { reason: clip(reason.replaceAll('\n', ' '), 300), hint: PROGRAM_HINT },
        'systemd is told by systemd-notify, as Tripline cannot do so itself',
      ),
  }
}
