import type { ErrorCode } from '../../core/errors.ts'
import type { Telemetry } from '../telemetry.ts'

/** One thing that was looked at, in one plain sentence. */
export interface MispFinding {
  readonly level: 'ok' | 'warning' | 'error'
  readonly text: string
  /** What to do about it. */
  readonly hint?: string
}

/** What the client of a MISP, and its check at start, have to say. */
export interface MispEvents {
  requested(outcome: 'ok' | 'aborted' | ErrorCode, ms: number): void
  /** What is new since the last look. */
  looked(findings: readonly MispFinding[]): void
}

export function mispEvents({ logger, metrics }: Telemetry, provider: string): MispEvents {
  return {
    requested: (outcome, ms) => {
      metrics.count('provider_requests_total', 1, { provider, outcome })
      metrics.observe('provider_request_seconds', ms / 1000, { provider })
    },
    looked: (findings) => {
      const told = findings.filter(({ level }) => level === 'ok').map(({ text }) => text)
      if (told.length > 0) logger.info({ provider, found: told }, 'MISP was looked at')
      for (const { level, text, hint } of findings) {
        if (level === 'warning')
          logger.warn({ provider, problem: text, hint }, 'MISP works with a reservation')
        if (level === 'error')
          logger.error({ provider, problem: text, hint }, 'A look at MISP found a trouble')
      }
    },
  }
}
