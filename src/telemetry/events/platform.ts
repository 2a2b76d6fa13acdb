import type { ErrorCode } from '../../core/errors.ts'
import type { Telemetry } from '../telemetry.ts'

/** One thing that was looked at, in one plain sentence. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'error'
  readonly text: string
  /** What to do about it. */
  readonly hint?: string
}

/** What the client of a platform, and the check of it at start, have to say. */
export interface PlatformEvents {
  requested(outcome: 'ok' | 'aborted' | ErrorCode, ms: number): void
  /** What is new since the last look. */
  looked(findings: readonly Finding[]): void
}

export function platformEvents({ logger, metrics }: Telemetry, provider: string): PlatformEvents {
  return {
    requested: (outcome, ms) => {
      metrics.count('provider_requests_total', 1, { provider, outcome })
      metrics.observe('provider_request_seconds', ms / 1000, { provider })
    },
    looked: (findings) => {
      const told = findings.filter(({ level }) => level === 'ok').map(({ text }) => text)
      if (told.length > 0) logger.info({ provider, found: told }, 'The server was looked at')
      for (const { level, text, hint } of findings) {
        if (level === 'warning')
          logger.warn({ provider, problem: text, hint }, 'The server works with a reservation')
        if (level === 'error')
          logger.error({ provider, problem: text, hint }, 'A look at the server found a trouble')
      }
    },
  }
}
