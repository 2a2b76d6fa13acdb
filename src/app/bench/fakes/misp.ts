import { isRecord } from '../../../core/json.ts'
import type { ObservableType } from '../../../core/observable.ts'
import { knownType } from '../alerts/values.ts'
import { uuidOf } from './identifiers.ts'
import type { FakeAnswer, FakeRequest } from './serve.ts'

/** Types of attributes as analysts choose them. */
const TYPES: Readonly<Record<ObservableType, string>> = {
  ipv4: 'ip-dst',
  ipv6: 'ip-dst',
  domain: 'domain',
  url: 'url',
  email: 'email-src',
  md5: 'md5',
  sha1: 'sha1',
  sha256: 'sha256',
  sha512: 'sha512',
}

const DENIED =
  'Authentication failed. Please make sure you pass the API key of an API enabled user along in the Authorization header.'

/**
 * A MISP 2.5 as far as look-ups ask it: search by values, version, user, heartbeat, and no
 * warning-lists. It knows what `knownType` does.
 */
export function fakeMisp(key: string): (request: FakeRequest) => FakeAnswer {
  return ({ method, path, authorization, body }) => {
    if (path === '/users/heartbeat') return ok({ message: 'The fake is alive.' })
    if (authorization !== key) return failed(403, DENIED, path)
    if (method === 'GET' && path === '/servers/getVersion') return ok(VERSION)
    if (method === 'GET' && path === '/users/view/me') return ok(ME)
    if (method === 'POST' && path === '/attributes/restSearch') return search(body)
    if (method === 'POST' && path === '/warninglists/index') return ok({ Warninglists: [] })
    return failed(404, 'Not Found', path)
  }
}

const VERSION = {
  version: '2.5.1',
  perm_sync: false,
  perm_sighting: false,
  perm_galaxy_editor: false,
  request_encoding: ['gzip'],
  filter_sightings: true,
} as const

const ME = {
  User: { id: '2', email: 'bench@example.com' },
  Role: {
    id: '6',
    name: 'Read Only',
    perm_sighting: false,
    enforce_rate_limit: false,
    rate_limit_count: '0',
  },
  UserSetting: [],
  Organisation: { id: '1', name: 'Fake' },
} as const

function ok(body: unknown, headers: Readonly<Record<string, string>> = {}): FakeAnswer {
  return { status: 200, body, headers }
}

function failed(status: number, message: string, url: string): FakeAnswer {
  return { status, body: { name: message, message, url } }
}

/** The header has the rows of this page, as there is one page only. */
function search(body: unknown): FakeAnswer {
  const value = isRecord(body) && isRecord(body['value']) ? body['value']['OR'] : undefined
  const values = Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
  const found = values.flatMap((one) => {
    const type = knownType(one)
    return type === undefined ? [] : [attribute(TYPES[type], one)]
  })
  return ok({ response: { Attribute: found } }, { 'x-result-count': String(found.length) })
}

const EVENT_UUID = uuidOf('event')

function attribute(type: string, value: string): object {
  return {
    id: String(Number.parseInt(uuidOf(value).slice(0, 7), 16)),
    event_id: '1',
    object_id: '0',
    object_relation: null,
    category: 'Network activity',
    type,
    to_ids: true,
    uuid: uuidOf(value),
    timestamp: '1767225600',
    distribution: '5',
    sharing_group_id: '0',
    comment: 'made up by tripline bench',
    deleted: false,
    disable_correlation: false,
    first_seen: null,
    last_seen: null,
    value,
    Event: {
      id: '1',
      uuid: EVENT_UUID,
      info: 'Made up by tripline bench',
      date: '2026-01-01',
      threat_level_id: '3',
      published: true,
      org_id: '1',
      orgc_id: '1',
      Orgc: { id: '1', name: 'Fake', uuid: uuidOf('organisation') },
    },
    Tag: [{ id: '1', name: 'tlp:clear', colour: '#ffffff', inherited: 1 }],
  }
}
