import type { Answer } from '../http/answer.ts'
import { json } from '../http/answer.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Role, User } from '../http/users.ts'
import type { Organisation } from '../store/tables.ts'

const SERVER_UUID = '919570d6-383d-4dd2-af03-dfb2c9c672cc'

/** `/servers/getVersion`. */
export function getVersion({ instance, user }: Exchange): Answer {
  const { role } = user
  return json({
    version: instance.version,
    pymisp_recommended_version: instance.version,
    perm_sync: role.sync,
    perm_sighting: maySight(user),
    perm_galaxy_editor: role.add && role.rateLimit === undefined,
    perm_analyst_data: role.add && role.rateLimit === undefined,
    uuid: role.sync ? SERVER_UUID : '-',
    request_encoding: ['gzip'],
    filter_sightings: true,
  })
}

export function getPyMispVersion({ instance }: Exchange): Answer {
  return { ...json({}), body: JSON.stringify({ version: instance.version }) }
}

const JOKES = ['You require more vespene gas.', 'Spawn more overlords.', 'Not enough minerals.']

/** `/users/heartbeat`: needs no key, and jokes. */
export function heartbeat(beats: number): Answer {
  return json({ message: JOKES[beats % JOKES.length] })
}

/** A read-only key takes all rights but that to use the interface. */
export function maySight({ role, readOnlyKey }: User): boolean {
  return role.sighting && readOnlyKey !== true
}

/** `/users/view/me`: numbers as strings, booleans as booleans. */
export function viewMe({ instance, user }: Exchange): Answer {
  return json({
    User: userJson(user, instance.now()),
    Role: roleJson(user.role),
    UserSetting: [],
    Organisation: organisationJson(instance.database.organisations.byId(user.orgId)),
  })
}

function userJson(user: User, now: number): object {
  return {
    id: String(user.id),
    password: '*****',
    org_id: String(user.orgId),
    email: user.email,
    autoalert: false,
    invited_by: '1',
    gpgkey: user.role.siteAdmin ? null : '',
    certif_public: '',
    nids_sid: '2533809',
    termsaccepted: true,
    newsread: '0',
    role_id: String(user.role.id),
    change_pw: false,
    contactalert: false,
    disabled: false,
    expiration: null,
    current_login: '0',
    last_login: '0',
    force_logout: false,
    date_created: user.role.siteAdmin ? null : '1795295136',
    date_modified: '1795295329',
    sub: null,
    external_auth_required: false,
    external_auth_key: user.role.siteAdmin ? null : '',
    last_api_access: String(Math.trunc(now)),
    notification_daily: false,
    notification_weekly: false,
    notification_monthly: false,
    totp: '*****',
    hotp_counter: null,
    last_pw_change: user.role.siteAdmin ? null : '1795295136',
    totp_is_set: '0',
  }
}

function roleJson(role: Role): object {
  const limited = role.rateLimit !== undefined
  return {
    id: String(role.id),
    name: role.name,
    created: '2026-11-21 21:00:34',
    modified: '2026-11-21 21:00:34',
    perm_add: role.add,
    perm_modify: role.add,
    perm_modify_org: role.add,
    perm_publish: role.publish,
    perm_delegate: false,
    perm_sync: role.sync,
    perm_admin: role.siteAdmin,
    perm_audit: true,
    perm_auth: role.auth,
    perm_site_admin: role.siteAdmin,
    perm_regexp_access: role.siteAdmin,
    perm_tagger: role.add,
    perm_template: false,
    perm_sharing_group: false,
    perm_tag_editor: role.siteAdmin,
    perm_sighting: role.sighting,
    perm_object_template: false,
    default_role: role.id === 3,
    memory_limit: null,
    max_execution_time: null,
    restricted_to_site_admin: false,
    perm_publish_zmq: false,
    perm_publish_kafka: false,
    perm_decaying: role.add,
    enforce_rate_limit: limited,
    rate_limit_count: String(role.rateLimit ?? 0),
    perm_galaxy_editor: role.add && !limited,
    perm_warninglist: false,
    perm_view_feed_correlations: false,
    perm_analyst_data: role.add && !limited,
    perm_skip_otp: false,
    permission: role.publish ? '3' : role.add ? '2' : '0',
    permission_description: role.publish ? 'publish' : role.add ? 'manage_org' : 'read_only',
  }
}

function organisationJson({ id, name, uuid, local }: Organisation): object {
  return {
    id: String(id),
    name,
    date_created: '2026-11-21 21:00:48',
    date_modified: '2026-11-21 21:00:48',
    description: '',
    type: 'ADMIN',
    nationality: '',
    sector: '',
    created_by: '0',
    uuid,
    contacts: null,
    local,
    restricted_to_domain: null,
    landingpage: null,
  }
}
