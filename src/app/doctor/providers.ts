import { AppError } from '../../core/errors.ts'
import { inspectFeeds } from '../../intel/feed/inspect.ts'
import { createHttpClient } from '../../intel/http/client.ts'
import { isTimeOut } from '../../intel/lookup/wait.ts'
import { mispBaseUrl } from '../../intel/misp/client/base-url.ts'
import type { MispConfig } from '../../intel/misp/config.ts'
import { openCtiBaseUrl } from '../../intel/opencti/client/base-url.ts'
import type { OpenCtiConfig } from '../../intel/opencti/config.ts'
import { feedFindings, noFeeds } from '../check/feeds.ts'
import { platformFindings } from '../check/platforms.ts'
import { checkWarningLists } from '../check/warninglists.ts'
import { providerStatuses, type ProviderStatus } from '../intel-status.ts'
import type { Access } from './access.ts'
import { configured, type ConfiguredContext } from './context.ts'
import { fail, ok, resultOf, skipped, warn, type Result, type Results } from './result.ts'
import { countText, spanText } from './words.ts'

type Platform = MispConfig | OpenCtiConfig

function platformsOf({ config }: ConfiguredContext): readonly (readonly [id: string, settings: Platform])[] {
  return Object.entries(config.providers).flatMap(([id, settings]) =>
    settings.type === 'feed' ? [] : [[id, settings] as const],
  )
}

/** Files of feeds that are tried for another user. */
const MAX_FILES = 1000

/** Every feed is read once, and none of it kept. */
export const lookAtFeeds = configured(async ({ config, clock, access }, signal): Promise<Results> => {
  const results: Result[] = []
  for (const [provider, settings] of Object.entries(config.providers)) {
    if (settings.type !== 'feed') continue
    const subject = `providers.${provider}`
    if (settings.feeds.length === 0) results.push(resultOf(noFeeds(subject, config)))
    const feeds = await inspectFeeds(settings, { provider, clock, signal, onIndicators: () => undefined })
    results.push(...feeds.flatMap((feed) => feedFindings(subject, feed)).map(resultOf))
    const paths = feeds.flatMap((feed) => [feed.path, ...feed.files.map(({ path }) => path)])
    if (!access.isSelf) results.push(...(await closedFeeds(paths, access, signal)))
  }
  return results.length === 0 ? [skipped('no provider of type feed')] : results
})

/** What root has read, the service may not. */
async function closedFeeds(paths: readonly string[], access: Access, signal: AbortSignal): Promise<Results> {
  const all = [...new Set(paths)].slice(0, MAX_FILES)
  const refusals = await access.may(
    all.map((path) => ({ path, want: 'read' })),
    signal,
  )
  return all.flatMap((path, at) =>
    refusals[at] === 'EACCES'
      ? [
          fail(
            `user ${access.user} may not read it`,
            `chgrp ${access.user} ${path} && chmod g+rX ${path}`,
            path,
          ),
        ]
      : [],
  )
}

/** Reach, TLS, version, whose key or token it is, its rights and limits. */
export const lookAtPlatforms = configured(async (context, signal): Promise<Results> => {
  const { clock } = context
  const found = await Promise.all(
    platformsOf(context).map(([id, settings]) => platformFindings(id, settings, { clock, signal })),
  )
  return found.length === 0 ? [skipped('no MISP and no OpenCTI')] : found.flat().map(resultOf)
})

const SLOW_MS = 2000
/** Whoever takes longer for the smallest page is as good as gone. */
const MAX_LATENCY_MS = 10_000
const SKEW_MS = 60_000
const MAX_ANSWER_BYTES = 4 * 1024 ** 2

const SLOW =
  'Look at the load of the server and at the way to it; mode: mirror asks it a few times a minute only.'

/** How long one answer takes, and what time the server has: a page that needs no key is asked for. */
export const lookAtLatency = configured(async (context, signal): Promise<Results> => {
  const found = await Promise.all(platformsOf(context).map((each) => latencyOf(each, context, signal)))
  return found.length === 0 ? [skipped('no MISP and no OpenCTI')] : found.flat()
})

async function latencyOf(
  [id, settings]: readonly [string, Platform],
  { clock }: ConfiguredContext,
  signal: AbortSignal,
): Promise<Results> {
  const about = `providers.${id}`
  const timeoutMs = Math.min(settings.timeout, MAX_LATENCY_MS)
  const client = createHttpClient({
    baseUrl: settings.type === 'misp' ? mispBaseUrl(settings.url) : openCtiBaseUrl(settings.url),
    connections: 1,
    timeoutMs,
    maxAnswerBytes: MAX_ANSWER_BYTES,
    clock,
    tlsVerify: settings.tlsVerify,
    caFile: settings.caFile,
  })
  try {
    const path = settings.type === 'misp' ? '/users/heartbeat' : '/'
    const { ms, headers } = await client.request({ method: 'GET', path, headers: () => ({}) }, signal)
    return [latencyResult(ms, about), skewResult(Date.parse(headers['date'] ?? ''), clock.now(), about)]
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof AppError)) throw error
    if (isTimeOut(error)) return [warn(`it gives no small answer in ${spanText(timeoutMs)}`, SLOW, about)]
    return [skipped('it cannot be asked, as the check of platforms says', about)]
  } finally {
    await client.close()
  }
}

function latencyResult(ms: number, about: string): Result {
  const seen = `a small answer takes ${Math.round(ms)} ms`
  if (ms < SLOW_MS) return ok(seen, about)
  return warn(seen, SLOW, about)
}

export function skewResult(theirs: number, ours: number, about: string): Result {
  if (Number.isNaN(theirs)) return skipped('its answers have no time', about)
  const skew = theirs - ours
  // The header has whole seconds (RFC 9110, 5.6.7).
  if (Math.abs(skew) < SKEW_MS) return ok('its clock agrees with that of this machine', about)
  const side = skew > 0 ? 'ahead of' : 'behind'
  return warn(
    `its clock is ${spanText(skew)} ${side} that of this machine`,
    'Set both by NTP: times of publication, validity and sightings are compared.',
    about,
  )
}

/** How fresh the local copies are. */
export const lookAtCopies = configured(async ({ config, clock }): Promise<Results> => {
  const statuses = await providerStatuses(config, clock.now())
  const copies = statuses.flatMap((status) => (status.kind === 'copy' ? [copyResult(status)] : []))
  return copies.length === 0 ? [skipped('no provider has a local copy (mode mirror or hybrid)')] : copies
})

function copyResult({ provider, told, ageMs }: Extract<ProviderStatus, { readonly kind: 'copy' }>): Result {
  const about = `providers.${provider}`
  const todo = `Start Tripline, or fetch it now: tripline intel sync ${provider}. Why it fails, journalctl -u tripline says.`
  if (told === undefined) return warn('nothing was copied yet', todo, about)
  const age = ageMs === undefined ? 'never brought up to date' : `up to date ${spanText(ageMs)} ago`
  const error = told.lastError === undefined ? '' : `; last error: ${told.lastError.message}`
  const seen = `${told.state}: ${countText(told.indicators, 'indicator')}, ${age}`
  return told.state === 'fresh' ? ok(seen, about) : warn(`${seen}${error}`, todo, about)
}

/** Lists of well-known values that are no threat. */
export const lookAtWarningLists = configured(async ({ config }, signal): Promise<Results> => {
  const findings = (await checkWarningLists(config, signal)).map(resultOf)
  const ofMisp = Object.values(config.providers).some(
    (provider) => provider.type === 'misp' && provider.warningLists,
  )
  if (findings.length > 0) return findings
  return ofMisp
    ? [ok('those that are enabled in the MISP are used')]
    : [skipped('none are used: public resolvers, clouds and large sites match where they stand in an event')]
})
