import type { FieldKind, UrlJoin } from './fields.ts'

/** Ends of a connection; each has the same fields. */
const ENDS = words('client server source destination')
/** A user, by the fields that carry one. */
const USERS = [
  ...words('user user.target user.effective user.changes'),
  ...ENDS.map((end) => `${end}.user`),
  ...words('process.user process.real_user process.saved_user'),
]
/** A process and those before it. */
const PROCESSES = [
  'process',
  ...words('parent previous entry_leader session_leader group_leader').map((name) => `process.${name}`),
]
/** A file or library, by the fields that carry one. */
const FILES = words('file dll email.attachments.file')
/** A certificate, and who presents one. */
const CERTIFICATES = words('x509 tls.client.x509 tls.server.x509')

/**
 * As `FIELDS`, of documents of Wazuh 5: findings and events in the Wazuh Common Schema, which is ECS 9.1 with objects of Wazuh's own
 * (wazuh-indexer-plugins, `wcs/stateless/events`). Their fields lie at the top, where alerts of 4.x have none of these names. What is
 * not named here falls under the names of `FIELDS` (`*.ip`, `*.sha256` …), or is raw text.
 */
export const WCS_FIELDS: Readonly<Partial<Record<FieldKind, readonly string[]>>> = {
  ip: [
    ...under(ENDS, 'ip nat.ip'),
    ...words('dns.resolved_ip network.forwarded_ip process.entry_leader.entry_meta.source.ip related.ip'),
  ],
  // Some decoders write the address into `domain`, and `address` is either.
  host: [...under(ENDS, 'address domain'), ...words('url.domain dns.answers.data related.hosts')],
  domain: [
    ...words('dns.question.name dns.answers.name tls.client.server_name'),
    ...under(CERTIFICATES, 'alternative_names subject.common_name'),
  ],
  url: [
    ...words('url.full url.original url.path url.query http.request.referrer'),
    ...under(FILES, 'origin_url origin_referrer_url'),
  ],
  email: [
    ...under(words('email.from email.sender email.reply_to email.to email.cc email.bcc'), 'address'),
    ...under(USERS, 'email name id'),
    'related.user',
  ],
  hash: [
    ...under(FILES, 'hash.md5 hash.sha1 hash.sha256 hash.sha512'),
    ...under(PROCESSES, 'hash.md5 hash.sha1 hash.sha256 hash.sha512'),
    ...words('hash.md5 hash.sha1 hash.sha256 hash.sha512 package.checksum'),
    ...words('tls.client.ja3 tls.server.ja3s related.hash'),
  ],
  text: [
    ...under(PROCESSES, 'command_line args'),
    ...words('message event.reason email.subject file.diff process.env_vars'),
    ...words('http.request.body.content http.response.body.content tls.client.subject tls.server.subject'),
  ],
  log: ['event.original'],
  ignore: [
    // who reports: our own side. `wazuh.threat.enrichments` is what Wazuh's own look-up found, not a place where it was seen.
    ...words('wazuh.** host.** observer.** threat.** enrichments.** tags data_stream.** ecs.** log.**'),
    ...words('cloud.** container.** orchestrator.** service.** device.** interface.** volume.** vlan.**'),
    ...words('check.** compliance.** mitre.** policy.** risk.** organization.** faas.** gen_ai.** os.**'),
    ...words('geo.** as.** group.** network.** registry.** tracing.** user_agent.** pe.** elf.** macho.**'),
    ...words('code_signature.** package.** vulnerability.** event.** tls.** x509.** file.x509.**'),
    ...under(ENDS, 'as.** geo.** registered_domain subdomain top_level_domain'),
    ...under(USERS, 'hash roles full_name group.**'),
    ...under([...FILES, ...PROCESSES], 'pe.** elf.** macho.** code_signature.**'),
    ...under([...FILES, ...PROCESSES], 'hash.cdhash hash.sha384 hash.ssdeep hash.tlsh'),
    // The name it is a part of stands beside it.
    ...under(words('dns.question url'), 'registered_domain subdomain top_level_domain'),
    ...words('dns.id dns.type dns.header_flags url.username url.password url.fragment url.extension'),
    ...words('email.message_id email.local_id email.x_mailer'),
  ],
  noise: [
    ...under(FILES, 'name path directory target_path fork_name extension mime_type owner'),
    ...under(PROCESSES, 'executable name title working_directory entity_id'),
    ...words('event.url event.reference vulnerability.reference vulnerability.scanner.reference'),
    // The logs of Wazuh's own modules, which are JSON in `event.original`.
    ...words('data.data.vulnerability.** data.data.check.** data.data.policy.** data.data.package.**'),
  ],
}

/** Of documents of Wazuh 5: tried only where no field has the URL as a whole. */
export const WCS_URL_JOINS: readonly UrlJoin[] = [
  {
    host: 'url.domain',
    path: 'url.original',
    scheme: 'http',
    schemeField: 'url.scheme',
    portField: 'url.port',
  },
  {
    host: 'url.domain',
    path: 'url.path',
    scheme: 'http',
    schemeField: 'url.scheme',
    portField: 'url.port',
    queryField: 'url.query',
  },
]

function under(prefixes: readonly string[], names: string): readonly string[] {
  return prefixes.flatMap((prefix) => words(names).map((name) => `${prefix}.${name}`))
}

function words(block: string): readonly string[] {
  return block.trim().split(/\s+/)
}
