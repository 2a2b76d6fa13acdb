import { AppError } from '../../core/errors.ts'
import type { ComponentId } from '../../core/indicator.ts'
import { formatDuration } from '../../core/units.ts'
import type { Finding } from '../../telemetry/events/platform.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { ok, problem, transportFindings } from '../findings.ts'
import type { MispClient, MispUser, MispVersion } from './api.ts'
import { mispBaseUrl } from './client/base-url.ts'
import { createMispClient } from './client/client.ts'
import type { MispConfig } from './config.ts'

export interface InspectOptions {
  readonly provider: ComponentId
  readonly config: MispConfig
  readonly telemetry: Telemetry
  readonly signal: AbortSignal
  /** One is made for this when it is absent. */
  readonly client?: MispClient
}

const DAY_MS = 86_400_000
const EXPIRY_NOTICE_MS = 14 * DAY_MS
const SKEW_NOTICE_MS = 60_000
/** MISP's own window for the searches of a role. */
const WINDOW_SECONDS = 900

/**
 * What to know of a MISP before it is relied on: two small requests. Each finding is one plain sentence. Rejects with the
 * signal's reason after abort, with nothing else.
 */
export async function inspectMisp(options: InspectOptions): Promise<readonly Finding[]> {
  const { config, signal } = options
  const before = transportFindings(config, 'key')
  let own: MispClient | undefined
  try {
    const client = options.client ?? (own = createMispClient(options))
    const version = await client.version(signal)
    const user = await client.me(signal)
    const now = options.telemetry.clock.now()
    return [...before, ...serverFindings(config, version, user), ...timeFindings(user, now)]
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof AppError) return [...before, problem('error', error.message, error.hint)]
    throw error
  } finally {
    await own?.close()
  }
}

function serverFindings(config: MispConfig, version: MispVersion, user: MispUser): readonly Finding[] {
  const { email = 'a user without address', organisation = 'unknown', role = 'unknown' } = user
  return [
    ok(`MISP ${version.version} at ${mispBaseUrl(config.url)} answers`),
    ok(`the key is that of ${email}, organisation ${organisation}, role ${role}`),
    ...sightingFindings(config, version, user),
    ...limitFindings(config, user),
  ]
}

/** `getVersion` knows of read-only keys, the role does not. */
function sightingFindings(
  { sightings }: MispConfig,
  { maySight }: MispVersion,
  user: MispUser,
): readonly Finding[] {
  if (!sightings.enabled) return []
  if (maySight && user.maySight !== false) return [ok('the key may add sightings')]
  return [
    problem(
      'error',
      'sightings are enabled, but the key may not add any: it or the role of its user may only read',
      'Use a key that is not read-only of a user whose role has "Sighting Creator", or set sightings.enabled: false.',
    ),
  ]
}

function limitFindings(config: MispConfig, { rateLimit, resultLimit }: MispUser): readonly Finding[] {
  const findings: Finding[] = []
  if (rateLimit === 0) {
    const hint = 'Set another rate limit for the role in MISP, or use a user with another role.'
    findings.push(problem('error', 'the role of the key may not search at all: its rate limit is 0', hint))
  } else if (rateLimit !== undefined) {
    const text = `the role of the key may search ${rateLimit} times in 15 minutes`
    const hint = 'Raise the rate limit of the role in MISP, or use mode: mirror or hybrid.'
    findings.push(rateLimit < WINDOW_SECONDS ? problem('warning', text, hint) : ok(text))
  }
  if (resultLimit !== undefined) {
    const text = `the role of the key gets at most ${resultLimit} attributes in one answer`
    const hint = 'Raise the result limit of the role in MISP, or lower batchSize.'
    findings.push(resultLimit < config.batchSize ? problem('warning', text, hint) : ok(text))
  }
  return findings
}

function timeFindings({ keyExpires, clockSkew = 0 }: MispUser, now: number): readonly Finding[] {
  const findings: Finding[] = []
  if (keyExpires !== undefined) {
    const left = keyExpires - now
    const days = Math.max(0, Math.floor(left / DAY_MS))
    const text = `the key expires on ${new Date(keyExpires).toISOString().slice(0, 10)}, in ${days} day${days === 1 ? '' : 's'}`
    const hint = 'Make a new key in MISP (profile, Auth keys) and put it in place before.'
    findings.push(left < EXPIRY_NOTICE_MS ? problem('warning', text, hint) : ok(text))
  }
  if (Math.abs(clockSkew) > SKEW_NOTICE_MS) {
    const seconds = formatDuration(Math.round(Math.abs(clockSkew) / 1000) * 1000)
    const text = `the clock of MISP is ${seconds} ${clockSkew > 0 ? 'ahead of' : 'behind'} that of this machine`
    findings.push(
      problem('warning', text, 'Set both by NTP: times of publication and of sightings are compared.'),
    )
  }
  return findings
}
