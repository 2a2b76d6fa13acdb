import type { Writable } from 'node:stream'
import type { Clock } from '../../core/clock.ts'
import { errorText } from '../../core/errors.ts'
import { accessAs, ownAccess, type Access } from './access.ts'
import { findConfiguration } from './configuration.ts'
import type { DoctorContext } from './context.ts'
import { readUnit, type Unit } from './unit.ts'
import { findWazuh } from './wazuh-home.ts'

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

/** Finds what the checks work with. */
export async function prepare(
  { config: file, user, throughWazuh }: DoctorOptions,
  { env, version, clock, stdout, signal }: Surroundings,
): Promise<DoctorContext> {
  const configuration = await findConfiguration(file, env)
  const unit = await readUnit()
  const wazuh = await findWazuh(configuration.kind === 'loaded' ? configuration.loaded.config : undefined)
  const access = await chooseAccess(user, unit, signal)
  return { ...access, version, clock, env, configuration, unit, wazuh, throughWazuh, stdout }
}

/** Root looks for the user of the service: what root may do says nothing. */
async function chooseAccess(
  asked: string | undefined,
  unit: Unit | undefined,
  signal: AbortSignal,
): Promise<{ readonly access: Access; readonly accessProblem?: string }> {
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
