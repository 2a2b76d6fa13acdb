import type { AppError } from '../../core/errors.ts'
import { limitRepeats, type LimitRepeats, type Telemetry } from '../telemetry.ts'

/** What became of one file's entries. */
export interface FeedOutcome {
  readonly loaded: number
  /** Entries not understood, by reason. */
  readonly skipped: Readonly<Record<string, number>>
  /** The first few of them: `feeds/bad.txt:17` and what is wrong there. */
  readonly samples: readonly { readonly at: string; readonly problem: string }[]
  readonly ms: number
}

/** A feed that gives nothing yet, and why. */
interface MissingFeed {
  readonly feed: string
  readonly problem: string
}

export interface FailedLoad {
  readonly error: AppError
  readonly outcome: FeedOutcome
  /** Whether what the feed gave before is still in use. */
  readonly kept: boolean
}

/** What the feed provider has to say. */
export interface FeedEvents {
  /** `quiet` for one file of many: told at debug level, its faults all the same. */
  loaded(feed: string, outcome: FeedOutcome, quiet: boolean): void
  /** A file in a feed folder that is something else. */
  leftOut(feed: string, outcome: FeedOutcome): void
  failed(feed: string, load: FailedLoad): void
  /** Told when it begins and when its reason changes: the caller remembers. */
  unusable(feed: string, error: AppError, kept: boolean): void
  /** Told when it begins: the caller remembers. */
  emptyFolder(feed: string): void
  vanished(feed: string): void
  removed(feed: string): void
  /** Alerts wait; called at every check. */
  waiting(missing: readonly MissingFeed[], leftMs: number): void
  /** The wait is over and was in vain. */
  goingWithout(missing: readonly MissingFeed[], waitedMs: number): void
  /** After each look: how many feeds cannot be looked at. */
  looked(problems: number): void
  ready(totals: { readonly files: number; readonly loaded: number; readonly ms: number }): void
}

/** Failing feeds that are remembered by name. */
const MAX_FAILING = 1000
/** A MISP feed has thousands of files: so many are named in one line, with the number of all. */
const MAX_NAMED = 20

export function feedEvents(telemetry: Telemetry, provider: string): FeedEvents {
  const about = { telemetry, provider, limited: limitRepeats(telemetry) }
  return { ...loadEvents(about), ...pathEvents(about), ...startEvents(about) }
}

interface About {
  readonly telemetry: Telemetry
  readonly provider: string
  readonly limited: LimitRepeats
}

function loadEvents({
  telemetry,
  provider,
  limited,
}: About): Pick<FeedEvents, 'loaded' | 'leftOut' | 'failed'> {
  const { logger, metrics, health } = telemetry
  const failing = new Set<string>()
  const tellFailing = (feed: string, fails: boolean): void => {
    if (!fails) failing.delete(feed)
    else if (failing.size < MAX_FAILING) failing.add(feed)
    const reason = `${failing.size} feeds could not be loaded`
    health?.set(`provider ${provider}`, 'loads', failing.size === 0 ? 'ok' : 'degraded', reason)
  }
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
      tellFailing(feed, false)
      metrics.count('feed_loads_total', 1, { provider, outcome: 'ok' })
      countSkips(feed, outcome)
      const { loaded, skipped, ms } = outcome
      logger[quiet ? 'debug' : 'info']({ provider, feed, loaded, skipped, ms }, 'Feed loaded')
    },
    leftOut: (feed, { samples: [first] }) => {
      tellFailing(feed, false)
      metrics.count('feed_loads_total', 1, { provider, outcome: 'left_out' })
      logger.warn({ provider, feed, ...first }, 'File in a feed folder is no feed: it is left out')
    },
    failed: (feed, { error, outcome, kept }) => {
      tellFailing(feed, true)
      metrics.count('feed_loads_total', 1, { provider, outcome: 'failed' })
      countSkips(feed, outcome)
      const { code, message, hint } = error
      limited(`failed ${feed} ${code} ${kept}`, (suppressed) =>
        logger.error(
          { provider, feed, code, error: message, hint, suppressed },
          kept
            ? 'Feed could not be loaded: what it gave before stays in use'
            : 'Feed could not be loaded: nothing of it is in use',
        ),
      )
    },
  }
}

function pathEvents({
  telemetry: { logger },
  provider,
}: About): Pick<FeedEvents, 'unusable' | 'emptyFolder' | 'vanished' | 'removed'> {
  return {
    unusable: (feed, { code, message, hint }, kept) => {
      logger.warn(
        { provider, feed, code, error: message, hint },
        kept
          ? 'Feed cannot be looked at: what it gave before stays in use'
          : 'Feed cannot be looked at: nothing of it is in use',
      )
    },
    emptyFolder: (feed) => {
      logger.warn({ provider, feed }, 'Feed folder has no feed files in it; folders in it are not read')
    },
    vanished: (feed) => {
      logger.warn({ provider, feed }, 'Feed file is gone: it is dropped unless it is back at the next check')
    },
    removed: (feed) => {
      logger.warn({ provider, feed }, 'Feed file stayed away: its indicators are dropped')
    },
  }
}

function startEvents({
  telemetry: { logger, health },
  provider,
  limited,
}: About): Pick<FeedEvents, 'waiting' | 'goingWithout' | 'looked' | 'ready'> {
  const component = `provider ${provider}`
  return {
    looked: (problems) =>
      health?.set(
        component,
        'feeds',
        problems === 0 ? 'ok' : 'degraded',
        `${problems} feeds cannot be looked at`,
      ),
    waiting: (missing, leftMs) => {
      health?.set(component, 'start', 'starting', `${missing.length} feeds are missing`)
      limited(`waiting ${missing.map(({ feed }) => feed).join()}`, (suppressed) =>
        logger.warn(
          { provider, missing: missing.length, feeds: missing.slice(0, MAX_NAMED), leftMs, suppressed },
          'Feeds are missing: no alert is read until they are there or the time is up',
        ),
      )
    },
    goingWithout: (missing, waitedMs) => {
      health?.set(component, 'start', 'ok')
      logger.error(
        { provider, missing: missing.length, feeds: missing.slice(0, MAX_NAMED), waitedMs },
        'Feeds are still missing: alerts are matched without them from now on',
      )
    },
    ready: (totals) => {
      health?.set(component, 'start', 'ok')
      logger.info({ provider, ...totals }, 'Feeds read')
    },
  }
}
