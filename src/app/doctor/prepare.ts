import type { Writable } from 'node:stream'
import type { Clock } from '../../core/clock.ts'
import { AppError, errorText } from '../../core/errors.ts'
import { accessAs, ownAccess, type Access } from './access.ts'
import { findConfiguration } from './configuration.ts'
import type { ConfigurationFound, DoctorContext } from './context.ts'
import { readUnit, type Unit } from './unit.ts'
import { findWazuh, type WazuhHome } from './wazuh-home.ts'

export interface DoctorOptions {
  readonly config?: string
  /** For whom files and folders are looked at; only root may name another user. */
  readonly user?: string
  readonly throughWazuh: boolean
}

export interface Surroundings {
  readonly env: DoctorContext['env']
  readonly version: string
  readonly clock: Clock
  readonly stdout: Writable
  readonly signal: AbortSignal
}

/** The user of Tripline's service where its unit does not say (docs/install.md). */
const USUAL_USER = 'tripline'

/** Longest wait for one thing: a file may be a pipe, or lie on a network file system that hangs. */
const BOUND_MS = 10_000

export interface Prepared {
  readonly context: DoctorContext
  /** True when something did not end in its time: it may never. */
  readonly left: boolean
}

/** Finds what the checks work with. Never rejects for what is wrong with it. */
export async function prepare(
  { config: file, user, throughWazuh }: DoctorOptions,
  { env: own, version, clock, stdout, signal }: Surroundings,
): Promise<Prepared> {
  let left = false
  const inTime = async <Value>(work: Promise<Value>, late: () => Value): Promise<Value> => {
    const ended = new AbortController()
    const time = clock.sleep(BOUND_MS, ended.signal).then((): Value => {
      left ||= !ended.signal.aborted
      return late()
    })
    try {
      return await Promise.race([work, time])
    } finally {
      ended.abort()
    }
  }
  const unit = await inTime(readUnit(), () => undefined)
  // As the service has it; what was given to this process goes first.
  const env = { ...unit?.environment, ...own }
  const configuration = await inTime(findConfiguration(file, env), hangingConfiguration)
  const config = configuration.kind === 'loaded' ? configuration.loaded.config : undefined
  const wazuh = await inTime<WazuhHome>(findWazuh(config), () => ({
    kind: 'closed',
    path: '/var/ossec',
    why: LATE,
  }))
  const late: Chosen = { access: ownAccess(), accessProblem: `the access of another user: ${LATE}` }
  const access = await inTime(chooseAccess(user, unit, signal), () => late)
  return {
    context: { ...access, version, clock, env, configuration, unit, wazuh, throughWazuh, stdout },
    left,
  }
}

const LATE = 'no answer in time'

function hangingConfiguration(): ConfigurationFound {
  const message = `The configuration, or a file it names, could not be read: ${LATE}`
  const hint = 'Is one of them a pipe, or on a file system that hangs?'
  return { kind: 'refused', error: new AppError('CONFIG_UNREADABLE', message, { hint }) }
}

interface Chosen {
  readonly access: Access
  readonly accessProblem?: string
}

/** Root looks for the user of the service: what root may do says nothing. */
async function chooseAccess(
  asked: string | undefined,
  unit: Unit | undefined,
  signal: AbortSignal,
): Promise<Chosen> {
  const own = ownAccess()
  if (process.geteuid?.() !== 0) {
    if (asked === undefined || asked === own.user) return { access: own }
    return { access: own, accessProblem: `only root may look for user ${asked}; this is ${own.user}` }
  }
  const user = asked ?? unit?.user ?? USUAL_USER
  if (user === 'root' || user === own.user) return { access: own }
  try {
    return { access: await accessAs(user, unit?.groups ?? [], signal) }
  } catch (error) {
    // Without the usual user the check of users says what to do.
    const isGuess = asked === undefined && unit?.user === undefined
    return isGuess && errorText(error).startsWith('There is no user')
      ? { access: own }
      : { access: own, accessProblem: errorText(error) }
  }
}
