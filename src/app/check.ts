import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Config } from '../config/schema.ts'
import type { Clock } from '../core/clock.ts'
import { AppError, errorText, systemErrorCode } from '../core/errors.ts'
import { inspectFeeds, type FeedDescription, type FeedFileDescription } from '../intel/feed/inspect.ts'
import type { MispConfig } from '../intel/misp/config.ts'
import { inspectMisp } from '../intel/misp/inspect.ts'
import { createPolicy } from '../pipeline/policy.ts'
import { checkWarningLists } from './check-warninglists.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'

/** One thing that was looked at. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'error'
  readonly subject: string
  readonly text: string
  /** What to do about it. */
  readonly hint?: string
}

export interface CheckOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Called while feeds are read, with the number of indicators so far. */
  readonly onIndicators?: (indicators: number) => void
}

/** Looks at everything a configuration names and reads its feeds; changes nothing. Rejects with INTERNAL after abort. */
export async function checkAccess(config: Config, options: CheckOptions): Promise<readonly Finding[]> {
  const findings = await Promise.all([
    ...Object.values(config.sources).flatMap(({ files }) => files.map(checkAlertFile)),
    checkWritable('stateDir', config.stateDir),
    ...Object.entries(config.sinks).map(([id, sink]) =>
      sink.type === 'stdout' ? ok(`sinks.${id}`, 'standard output') : checkOutput(`sinks.${id}`, sink.path),
    ),
  ])
  return [
    ...findings,
    ...(await checkProviders(config, options)),
    ...(await checkWarningLists(config, options.signal)),
    ...checkPolicy(config),
  ]
}

function ok(subject: string, text: string): Finding {
  return { level: 'ok', subject, text }
}

const GROUP_HINT =
  'Add the user that runs Tripline to group wazuh: usermod -aG wazuh <user>, then start it anew.'

async function checkAlertFile(path: string): Promise<Finding> {
  try {
    const { size } = await stat(path)
    await access(path, constants.R_OK)
    return ok(path, `readable, ${size} bytes`)
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'EACCES' || code === 'EPERM')
      return { level: 'error', subject: path, text: 'no permission to read it', hint: GROUP_HINT }
    if (code === 'ENOENT') {
      const hint =
        'Tripline waits for it. Is the path right, and does Wazuh write JSON alerts (<jsonout_output>yes)?'
      return { level: 'warning', subject: path, text: 'is not there', hint }
    }
    return { level: 'error', subject: path, text: errorText(error) }
  }
}

/** A file that is there must be writable; its folder must be, too: rotation renames in it. */
async function checkOutput(subject: string, path: string): Promise<Finding> {
  try {
    await access(path, constants.W_OK)
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') {
      const hint = 'Give it to the user that runs Tripline, or set another path.'
      return { level: 'error', subject, text: `${path} is not writable: ${errorText(error)}`, hint }
    }
  }
  return checkWritable(subject, dirname(path))
}

/** A folder that is there and writable, or that can be made in the nearest one that is there. */
async function checkWritable(subject: string, folder: string, existing = folder): Promise<Finding> {
  try {
    await access(existing, constants.W_OK | constants.X_OK)
    return ok(subject, existing === folder ? `${folder} is writable` : `${folder} will be made`)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' && dirname(existing) !== existing) {
      return checkWritable(subject, folder, dirname(existing))
    }
    const text =
      existing === folder
        ? `${folder} is not writable: ${errorText(error)}`
        : `${folder} is not there and cannot be made in ${existing}: ${errorText(error)}`
    const hint = `Make it with the right owner: install -d -o <user> -m 0750 ${folder}`
    return { level: 'error', subject, text, hint }
  }
}

async function checkProviders(
  config: Config,
  { clock, signal, onIndicators }: CheckOptions,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  let indicators = 0
  const count = (more: number): void => {
    indicators += more
    onIndicators?.(indicators)
  }
  for (const [id, provider] of Object.entries(config.providers)) {
    const subject = `providers.${id}`
    if (provider.type === 'misp') {
      findings.push(...(await mispFindings(id, provider, clock, signal)))
      continue
    }
    if (provider.feeds.length === 0) findings.push(noFeeds(subject, config))
    const feeds = await inspectFeeds(provider, { provider: id, clock, signal, onIndicators: count })
    if (signal.aborted) throw new AppError('INTERNAL', 'Interrupted while reading feeds')
    findings.push(...feeds.flatMap((feed) => feedFindings(subject, feed)))
  }
  return findings
}

/** The daemon logs the same sentences when it starts. */
async function mispFindings(
  id: string,
  config: MispConfig,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const logger = createLogger({ level: 'silent', format: 'json' })
  const telemetry = { logger, metrics: createMetrics(), clock }
  try {
    const found = await inspectMisp({ provider: id, config, telemetry, signal })
    return found.map((finding) => ({ subject: `providers.${id}`, ...finding }))
  } catch (cause) {
    if (signal.aborted) throw new AppError('INTERNAL', 'Interrupted while asking MISP', { cause })
    throw cause
  }
}

/** The feeds are there by default: without any it matters only when nothing else can match. */
function noFeeds(subject: string, { providers }: Config): Finding {
  const isOther = Object.values(providers).some((each) => each.type !== 'feed' || each.feeds.length > 0)
  if (isOther) return ok(subject, 'no feeds')
  const hint = 'Name feed files or folders under providers.feeds.feeds, or in TRIPLINE_FEEDS.'
  return { level: 'warning', subject, text: 'no feeds: nothing will match', hint }
}

function feedFindings(subject: string, feed: FeedDescription): readonly Finding[] {
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
  return { level: loaded === 0 ? 'warning' : 'ok', subject, text }
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

function checkPolicy(config: Config): readonly Finding[] {
  return createPolicy(config.policy).invalid.map((entry) => ({
    level: 'error',
    subject: 'policy.allow',
    text: `${entry} is no address, network, domain, URL, e-mail address or digest`,
  }))
}
