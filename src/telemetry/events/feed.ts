import type { AppError } from '../../core/errors.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

/** What became of one file's entries. */
export interface FeedOutcome {
  readonly loaded: number
  /** Entries not understood, by reason. */
  readonly skipped: Readonly<Record<string, number>>
  /** The first few of them: `feeds/bad.txt:17` and what is wrong there. */
  readonly samples: readonly { readonly at: string; readonly problem: string }[]
  readonly ms: number
}

/** What the feed provider has to say. */
export interface FeedEvents {
  /** `quiet` for one file of many: told at debug level, its faults all the same. */
  loaded(feed: string, outcome: FeedOutcome, quiet: boolean): void
  failed(feed: string, error: AppError, outcome: FeedOutcome): void
  /** Told when it begins and when its reason changes: the caller remembers. */
  unusable(feed: string, error: AppError): void
  vanished(feed: string): void
  removed(feed: string): void
  ready(totals: { readonly files: number; readonly loaded: number; readonly ms: number }): void
}

export function feedEvents(telemetry: Telemetry, provider: string): FeedEvents {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  const countSkips = (feed: string, { skipped, samples }: FeedOutcome): void => {
    for (const [reason, count] of Object.entries(skipped)) {
      metrics.count('feed_lines_skipped_total', count, { provider, reason })
    }
    for (const { at, problem } of samples) {
      limited(`skipped ${feed} ${at}`, (suppressed) =>
        logger.warn({ provider, at, problem, suppressed }, 'Feed entry not understood'),
      )
    }
  }
  return {
    loaded: (feed, outcome, quiet) => {
      metrics.count('feed_loads_total', 1, { provider, outcome: 'ok' })
      countSkips(feed, outcome)
      const { loaded, skipped, ms } = outcome
      logger[quiet ? 'debug' : 'info']({ provider, feed, loaded, skipped, ms }, 'Feed loaded')
    },
    failed: (feed, error, outcome) => {
      metrics.count('feed_loads_total', 1, { provider, outcome: 'failed' })
      countSkips(feed, outcome)
      limited(`failed ${feed} ${error.code}`, (suppressed) =>
        logger.error(
          { provider, feed, code: error.code, error: error.message, hint: error.hint, suppressed },
          'Feed could not be loaded: what it gave before stays in use',
        ),
      )
    },
    unusable: (feed, error) => {
      logger.warn(
        { provider, feed, code: error.code, error: error.message, hint: error.hint },
        'Feed cannot be looked at: what it gave before stays in use',
      )
    },
    vanished: (feed) => {
      logger.warn({ provider, feed }, 'Feed file is gone: it is dropped unless it is back at the next check')
    },
    removed: (feed) => {
      logger.warn({ provider, feed }, 'Feed file stayed away: its indicators are dropped')
    },
    ready: (totals) => {
      logger.info({ provider, ...totals }, 'Feeds read')
    },
  }
}
