import { AppError } from '../../../../core/errors.ts'
import { malformed } from '../answers.ts'
import type { MispClient, MispUser, MispVersion } from '../../api.ts'
import { userAnswer, versionAnswer } from '../schema.ts'
import { serverTime, type AskMisp, type MispAnswer } from './ask.ts'

/** The first release whose interface is as recorded: to_ids, published and event tags in searches, `minimal` in the index. */
const OLDEST = '2.4.142'

export function serverCalls(ask: AskMisp): Pick<MispClient, 'version' | 'me' | 'heartbeat'> {
  return {
    version: async (signal) => ask({ method: 'GET', path: '/servers/getVersion' }, versionOf, signal),
    me: async (signal) => ask({ method: 'GET', path: '/users/view/me' }, userOf, signal),
    heartbeat: async (signal) =>
      ask({ method: 'GET', path: '/users/heartbeat', anonymous: true }, () => undefined, signal),
  }
}

function versionOf({ json }: MispAnswer): MispVersion {
  const answer = versionAnswer.safeParse(json).data
  if (answer === undefined) throw malformed('The answer to a question for the version is not one of MISP')
  const { version } = answer
  if (isOlder(version, OLDEST)) {
    throw new AppError('PROVIDER_UNSUPPORTED', `MISP ${version} is too old: ${OLDEST} or later is needed`, {
      hint: 'Update the MISP.',
    })
  }
  return {
    version,
    maySight: answer.perm_sighting ?? true,
    sightingFilters: answer.filter_sightings ?? false,
  }
}

/** By numbers, three of them. */
export function isOlder(version: string, than: string): boolean {
  const [own, other] = [version, than].map((text) => text.split('.').map((part) => Number.parseInt(part, 10)))
  for (const index of [0, 1, 2]) {
    const difference = (own?.[index] ?? 0) - (other?.[index] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

function userOf({ json, headers, at }: MispAnswer): MispUser {
  const answer = userAnswer.safeParse(json).data
  if (answer === undefined) throw malformed('The answer to a question for the user is not one of MISP')
  const { User: user, Role: role, Organisation: organisation } = answer
  const time = serverTime(headers)
  const expires = Date.parse(headers['x-auth-key-expiration'] ?? '')
  const rows = role?.restsearch_limit_result ?? 0
  return {
    ...(user.email === undefined ? {} : { email: user.email }),
    ...(organisation?.name === undefined ? {} : { organisation: organisation.name }),
    ...(role?.name === undefined ? {} : { role: role.name }),
    ...(role?.perm_sighting === undefined ? {} : { maySight: role.perm_sighting }),
    ...(role?.perm_sync === undefined ? {} : { maySync: role.perm_sync }),
    ...(role?.enforce_rate_limit === true ? { rateLimit: role.rate_limit_count ?? 0 } : {}),
    ...(rows === 0 ? {} : { resultLimit: rows }),
    ...(Number.isNaN(expires) ? {} : { keyExpires: expires }),
    ...(time === undefined ? {} : { clockSkew: time - at }),
  }
}
