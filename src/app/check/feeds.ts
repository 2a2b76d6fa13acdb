import type { Config } from '../../config/schema.ts'
import type { AppError } from '../../core/errors.ts'
import type { FeedDescription, FeedFileDescription } from '../../intel/feed/inspect.ts'
import { ok, type Finding } from './finding.ts'

/** The feeds are there by default: without any it matters only when nothing else can match. */
export function noFeeds(subject: string, { providers }: Config): Finding {
  const isOther = Object.values(providers).some((each) => each.type !== 'feed' || each.feeds.length > 0)
  if (isOther) return ok(subject, 'no feeds')
  const hint = 'Name feed files or folders under providers.feeds.feeds, or in TRIPLINE_FEEDS.'
  return { level: 'warning', subject, text: 'no feeds: nothing will match', hint }
}

export function feedFindings(subject: string, feed: FeedDescription): readonly Finding[] {
  if (feed.problem !== undefined) return [problemFinding(subject, feed.path, feed.problem)]
  if (!feed.isEmptyFolder) return feed.files.map((file) => fileFinding(subject, file))
  const hint = 'Folders in it are not read: name them one by one.'
  return [{ level: 'warning', subject, text: `${feed.path}: no feed files in the folder`, hint }]
}

/** So many entries that were not understood are shown. */
const MAX_SAMPLES = 3

function fileFinding(subject: string, { path, format, end }: FeedFileDescription): Finding {
  const { loaded, skipped, samples } = end.outcome
  const shown = samples.slice(0, MAX_SAMPLES).map(({ at, problem }) => `${at}: ${problem}`)
  if (end.kind === 'failed') return problemFinding(subject, path, end.error, shown)
  if (end.kind === 'left-out') {
    const hint = 'Nothing in it was understood. Take it out of the folder if it is no feed.'
    return { level: 'warning', subject, text: `${path}: no feed, left out`, hint }
  }
  const reasons = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`)
  const rest = reasons.length === 0 ? '' : `; entries skipped: ${reasons.join(', ')}`
  const text = `${path}: ${format ?? 'unknown format'}, ${loaded} indicator${loaded === 1 ? '' : 's'}${rest}`
  if (shown.length > 0) return { level: 'warning', subject, text, hint: shown.join('; ') }
  if (loaded > 0) return { level: 'ok', subject, text }
  return { level: 'warning', subject, text, hint: 'Nothing will match because of it until it has entries.' }
}

function problemFinding(
  subject: string,
  path: string,
  { message, hint }: AppError,
  samples: readonly string[] = [],
): Finding {
  const advice = [...(hint === undefined ? [] : [hint]), ...samples].join(' ')
  const text = `${path}: ${message}`
  return { level: 'error', subject, text, ...(advice === '' ? {} : { hint: advice }) }
}
