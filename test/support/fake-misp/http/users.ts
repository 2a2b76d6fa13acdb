import { createHash } from 'node:crypto'
import type { KeyName } from '../types.ts'
import { KEY_NAMES } from '../types.ts'

export type RoleName =
  'admin' | 'User' | 'Publisher' | 'Sync user' | 'Read Only' | 'Limited' | 'No search' | 'No API'

export interface Role {
  readonly id: number
  readonly name: RoleName
  readonly siteAdmin: boolean
  readonly add: boolean
  readonly publish: boolean
  readonly sync: boolean
  readonly sighting: boolean
  readonly auth: boolean
  /** Searches in 15 minutes; undefined: unlimited. */
  readonly rateLimit: number | undefined
}

const USUAL = {
  siteAdmin: false,
  add: true,
  publish: false,
  sync: false,
  sighting: true,
  auth: true,
  rateLimit: undefined,
}

const ROLES: Readonly<Record<RoleName, Role>> = {
  admin: { ...USUAL, id: 1, name: 'admin', siteAdmin: true, publish: true, sync: true },
  User: { ...USUAL, id: 3, name: 'User' },
  Publisher: { ...USUAL, id: 4, name: 'Publisher', publish: true },
  'Sync user': { ...USUAL, id: 5, name: 'Sync user', publish: true, sync: true },
  'Read Only': { ...USUAL, id: 6, name: 'Read Only', add: false, sighting: false },
  Limited: { ...USUAL, id: 7, name: 'Limited', rateLimit: 20 },
  'No search': { ...USUAL, id: 8, name: 'No search', rateLimit: 0 },
  'No API': { ...USUAL, id: 9, name: 'No API', auth: false },
}

export interface User {
  readonly id: number
  readonly key: string
  readonly email: string
  readonly orgId: number
  readonly role: Role
  readonly refusal?: 'expired' | 'disabled' | 'address' | 'no-api'
  readonly readOnlyKey?: true
  /** When the key ends, ISO 8601 as the header shows it. */
  readonly keyExpires?: string
}

type Person = Pick<User, 'id' | 'email' | 'orgId'> & { readonly role: RoleName }

const ANALYST: Person = { id: 2, email: 'analyst@org1.test', orgId: 1, role: 'User' }

/** The people of the recorded server, key by key. */
const PEOPLE: Readonly<
  Record<KeyName, Person & Partial<Pick<User, 'refusal' | 'readOnlyKey' | 'keyExpires'>>>
> = {
  admin: { id: 1, email: 'admin@admin.test', orgId: 1, role: 'admin' },
  user: ANALYST,
  ro: { id: 3, email: 'readonly@org1.test', orgId: 1, role: 'Read Only' },
  sync: { id: 4, email: 'sync@org1.test', orgId: 1, role: 'Sync user' },
  rokey: { ...ANALYST, readOnlyKey: true },
  expired: { ...ANALYST, refusal: 'expired', keyExpires: '2020-01-01T00:00:00+00:00' },
  expiring: { ...ANALYST, keyExpires: '2030-01-01T00:00:00+00:00' },
  ipkey: { ...ANALYST, refusal: 'address' },
  user2: { id: 5, email: 'analyst@partner.test', orgId: 2, role: 'User' },
  ro2: { id: 6, email: 'readonly@partner.test', orgId: 2, role: 'Read Only' },
  pub2: { id: 7, email: 'publisher@partner.test', orgId: 2, role: 'Publisher' },
  limited: { id: 8, email: 'limited@org1.test', orgId: 1, role: 'Limited' },
  nosearch: { id: 9, email: 'nosearch@org1.test', orgId: 1, role: 'No search' },
  noapi: { id: 10, email: 'noapi@org1.test', orgId: 1, role: 'No API', refusal: 'no-api' },
  disabled: { id: 11, email: 'disabled@org1.test', orgId: 1, role: 'User', refusal: 'disabled' },
  mustchange: { id: 12, email: 'mustchange@org1.test', orgId: 1, role: 'User' },
}

/** 40 alphanumeric characters, the same in each run; no secret of anybody. */
const keyOf = (name: KeyName): string => createHash('sha1').update(`fake MISP key of ${name}`).digest('hex')

export const FAKE_KEYS: Readonly<Record<KeyName, string>> = Object.fromEntries(
  KEY_NAMES.map((name) => [name, keyOf(name)]),
) as Record<KeyName, string>

export const USERS: ReadonlyMap<string, User> = new Map(
  KEY_NAMES.map((name) => {
    const { role, ...person } = PEOPLE[name]
    return [keyOf(name), { ...person, key: keyOf(name), role: ROLES[role] }]
  }),
)
