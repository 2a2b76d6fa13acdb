import { atLeast } from './version.ts'

/** Someone with a token. Rights are those of the facts' D4; a longer name implies the shorter ones it contains. */
export interface User {
  readonly name: string
  readonly token: string
  readonly id: string
  readonly capabilities: readonly string[]
  /** 0–100; null: none was set, and the user may write nothing. */
  readonly maxConfidence: number | null
  /** The draft that the user is in; it no longer exists. */
  readonly staleDraft?: boolean
}

export const USER_NAMES = [
  'connector',
  'reader',
  'lookups',
  'nostream',
  'unlevelled',
  'noknowledge',
  'drafting',
  'tokenless',
  'admin',
] as const
export type UserName = (typeof USER_NAMES)[number]

const READ = ['KNOWLEDGE', 'APIACCESS_USETOKEN']
const WRITE = ['KNOWLEDGE_KNUPDATE', 'APIACCESS_USETOKEN']

const RIGHTS: Readonly<Record<UserName, Pick<User, 'capabilities' | 'maxConfidence' | 'staleDraft'>>> = {
  /** What Tripline asks for: look-ups, the stream, sightings. */
  connector: { capabilities: [...WRITE, 'TAXIIAPI'], maxConfidence: 100 },
  /** Look-ups and the stream. */
  reader: { capabilities: [...READ, 'TAXIIAPI'], maxConfidence: 100 },
  lookups: { capabilities: READ, maxConfidence: 100 },
  nostream: { capabilities: WRITE, maxConfidence: 100 },
  unlevelled: { capabilities: [...WRITE, 'TAXIIAPI'], maxConfidence: null },
  noknowledge: { capabilities: ['APIACCESS_USETOKEN'], maxConfidence: 100 },
  drafting: { capabilities: [...WRITE, 'TAXIIAPI'], maxConfidence: 100, staleDraft: true },
  /** From 7.260224 the same as nobody. */
  tokenless: { capabilities: ['KNOWLEDGE_KNUPDATE', 'TAXIIAPI'], maxConfidence: 100 },
  admin: { capabilities: ['BYPASS'], maxConfidence: 100 },
}

/** Tokens have the form of the release. */
export function createUsers(version: string): Readonly<Record<UserName, User>> {
  const users = USER_NAMES.map((name, place): readonly [UserName, User] => {
    const id = `00000000-0000-4000-8000-${String(place + 1).padStart(12, '0')}`
    const token = atLeast(version, '7.260224.0')
      ? `flgrn_octi_tkn_${name.padEnd(64, '0')}`
      : `fa4e0000-0000-4000-8000-${String(place + 1).padStart(12, '0')}`
    return [name, { name, id, token, ...RIGHTS[name] }]
  })
  return Object.fromEntries(users) as Record<UserName, User>
}

export function may(user: User, capability: string): boolean {
  return user.capabilities.some((has) => has === 'BYPASS' || has.includes(capability))
}

/** Whom a bearer token belongs to. */
export function userOf(
  users: Readonly<Record<UserName, User>>,
  authorization: string | undefined,
  version: string,
): User | undefined {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
  const user = Object.values(users).find((each) => each.token === token)
  if (user === undefined || !atLeast(version, '7.260224.0')) return user
  return may(user, 'APIACCESS_USETOKEN') ? user : undefined
}
