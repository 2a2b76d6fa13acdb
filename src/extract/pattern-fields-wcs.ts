import type { FactFields } from './pattern-fields.ts'

const SIDES = words('source client destination server')
const FILES = words(`
  file.path file.name file.target_path file.pe.original_file_name dll.path dll.name email.attachments.file.name
  process.executable process.name process.pe.original_file_name process.parent.executable process.parent.name
`)
const USERS = [
  ...words('user user.target user.effective user.changes process.user process.real_user'),
  ...SIDES.map((side) => `${side}.user`),
]
const CERTIFICATES = words('x509 file.x509 tls.client.x509 tls.server.x509')

/** As `PATTERN_FIELDS`, of documents of Wazuh 5 (Wazuh Common Schema, ECS 9.1): whole paths. */
export const WCS_PATTERN_FIELDS: readonly FactFields[] = [
  { paths: ['file:name'], read: 'file-name', fields: FILES },
  {
    paths: ['file:parent_directory_ref.path', 'directory:path'],
    read: 'folder',
    fields: words('file.path dll.path process.executable process.parent.executable'),
  },
  { paths: ['directory:path'], read: 'text', fields: words('file.directory') },
  { paths: ['file:size'], read: 'text', fields: words('file.size email.attachments.file.size') },
  {
    paths: ['process:name', 'process:image_ref.name', 'process:binary_ref.name'],
    read: 'file-name',
    fields: words('process.executable process.name'),
  },
  {
    paths: ['process:parent_ref.name', 'process:parent_ref.image_ref.name'],
    read: 'file-name',
    fields: words('process.parent.executable process.parent.name'),
  },
  { paths: ['process:command_line'], read: 'text', fields: words('process.command_line') },
  { paths: ['process:parent_ref.command_line'], read: 'text', fields: words('process.parent.command_line') },
  { paths: ['process:pid'], read: 'text', fields: words('process.pid') },
  { paths: ['process:parent_ref.pid'], read: 'text', fields: words('process.parent.pid') },
  { paths: ['process:cwd'], read: 'text', fields: words('process.working_directory') },
  {
    paths: ['user-account:account_login', 'process:creator_user_ref.account_login'],
    read: 'text',
    fields: under(USERS, 'name'),
  },
  { paths: ['user-account:display_name'], read: 'text', fields: under(USERS, 'full_name') },
  { paths: ['user-account:user_id'], read: 'text', fields: under(USERS, 'id') },
  { paths: ['network-traffic:dst_port'], read: 'text', fields: words('destination.port server.port') },
  { paths: ['network-traffic:src_port'], read: 'text', fields: words('source.port client.port') },
  {
    paths: ['network-traffic:protocols'],
    read: 'text',
    fields: words('network.protocol network.transport network.type network.application'),
  },
  {
    paths: ['network-traffic:extensions.http-request-ext.request_method'],
    read: 'text',
    fields: words('http.request.method'),
  },
  {
    paths: ['network-traffic:extensions.http-request-ext.request_value'],
    read: 'text',
    fields: words('url.original url.full url.path'),
  },
  {
    paths: ['network-traffic:extensions.http-request-ext.request_header.host'],
    read: 'text',
    fields: words('url.domain'),
  },
  {
    paths: ['network-traffic:extensions.http-request-ext.request_header.user-agent', 'user-agent:value'],
    read: 'text',
    fields: words('user_agent.original'),
  },
  { paths: ['windows-registry-key:key'], read: 'registry', fields: words('registry.path') },
  { paths: ['windows-registry-key:values.name'], read: 'text', fields: words('registry.value') },
  { paths: ['windows-registry-key:values.data'], read: 'text', fields: words('registry.data.strings') },
  { paths: ['email-message:subject'], read: 'text', fields: words('email.subject') },
  {
    paths: ['x509-certificate:serial_number'],
    read: 'digest',
    fields: under(CERTIFICATES, 'serial_number'),
  },
  {
    paths: ['x509-certificate:issuer'],
    read: 'text',
    fields: [
      ...words('tls.client.issuer tls.server.issuer'),
      ...under(CERTIFICATES, 'issuer.distinguished_name'),
    ],
  },
  {
    paths: ['x509-certificate:subject'],
    read: 'text',
    fields: [
      ...words('tls.client.subject tls.server.subject'),
      ...under(CERTIFICATES, 'subject.distinguished_name'),
    ],
  },
  {
    paths: ['x509-certificate:hashes.sha-1'],
    read: 'digest',
    fields: words('tls.client.hash.sha1 tls.server.hash.sha1'),
  },
  { paths: ['software:name'], read: 'text', fields: words('package.name') },
  { paths: ['software:version'], read: 'text', fields: words('package.version') },
  // What the names of other fields would be taken for.
  {
    paths: [],
    read: 'text',
    fields: words('file.uid file.gid process.entry_leader.pid package.path package.size'),
  },
]

/** As `ENDS`, whole paths. */
export const WCS_ENDS = {
  source: under(words('source client'), 'ip address domain nat.ip'),
  destination: [...under(words('destination server'), 'ip address domain nat.ip'), 'tls.client.server_name'],
  recipient: words('email.to.address email.cc.address email.bcc.address'),
  copied: words('email.cc.address'),
  answer: words('dns.answers.data dns.resolved_ip'),
} as const

function under(prefixes: readonly string[], names: string): readonly string[] {
  return prefixes.flatMap((prefix) => words(names).map((name) => `${prefix}.${name}`))
}

function words(block: string): readonly string[] {
  return block.trim().split(/\s+/)
}
