import type { FactPath } from '../canonical/stix-paths.ts'
import type { WCS_ENDS } from './pattern-fields-wcs.ts'

/**
 * How a field's text becomes the value of a STIX property. `file-name`: what is behind the last slash or backslash of a path;
 * `folder`: what is before it. `registry`: a registry key, with the root written in full, and the key above it, since Sysmon and
 * syscheck append the name of a value. `digest`: without colons.
 */
export type FactReading = 'text' | 'file-name' | 'folder' | 'registry' | 'digest'

export interface FactFields {
  readonly paths: readonly FactPath[]
  readonly read: FactReading
  /** As in `fields.ts`: `a.b` is that path, `*.b` a field of that name anywhere. The longest one wins. */
  readonly fields: readonly string[]
}

const FILES = words(`
  *.image *.parentimage *.sourceimage *.targetimage *.imageloaded *.imagepath *.originalfilename *.targetfilename
  *.filename *.file_name *.file *.files.name *.path *.filepath *.file_path *.processname *.newprocessname
  *.parentprocessname *.process.name *.exe *.binary *.scanned_file *.sourcefilename *.attachment *.attachments
  *.attachment_names *.attachmentnames *.parentpath *.childpath *.targetpath *.sourcefilepath *.target_path
  syscheck.path data.files.filename data.fileinfo.filename data.audit.file.name
`)
const PROCESSES = words('*.image *.newprocessname *.processname *.process.name *.exe *.childpath')
const PARENTS = words('*.parentimage *.parentprocessname *.parentpath *.parent_name')
const USERS = words(`
  *.srcuser *.dstuser *.user *.username *.user_name *.targetusername *.subjectusername *.account_name
  *.accountname *.login *.uname_after
`)
const USER_AGENTS = words('*.http_user_agent *.useragent *.user_agent *.user-agent')

/**
 * Which fields of an alert tell what STIX properties. Sources as for `fields.ts`: Wazuh 4.14 decoders and modules, the vendors' log
 * schemas. Wazuh 5: pattern-fields-wcs.ts. Addresses, names, URLs, e-mail addresses and digests come from the observables instead.
 */
export const PATTERN_FIELDS: readonly FactFields[] = [
  { paths: ['file:name'], read: 'file-name', fields: FILES },
  { paths: ['file:parent_directory_ref.path', 'directory:path'], read: 'folder', fields: FILES },
  { paths: ['directory:path'], read: 'text', fields: words('*.directory *.dir data.audit.directory.name') },
  { paths: ['file:size'], read: 'text', fields: words('*.size *.filesize *.file_size syscheck.size_after') },
  {
    paths: ['process:name', 'process:image_ref.name', 'process:binary_ref.name'],
    read: 'file-name',
    fields: PROCESSES,
  },
  { paths: ['process:name'], read: 'text', fields: words('predecoder.program_name') },
  {
    paths: ['process:parent_ref.name', 'process:parent_ref.image_ref.name'],
    read: 'file-name',
    fields: PARENTS,
  },
  {
    paths: ['process:command_line'],
    read: 'text',
    fields: words('*.commandline *.command *.cmdline *.processcommandline *.command_line *.proctitle'),
  },
  {
    paths: ['process:parent_ref.command_line'],
    read: 'text',
    fields: words('*.parentcommandline *.parent_cmdline *.parent_command_line'),
  },
  { paths: ['process:pid'], read: 'text', fields: words('*.pid *.processid *.newprocessid') },
  // That of the service that wrote the log.
  { paths: [], read: 'text', fields: words('data.win.system.processid') },
  { paths: ['process:parent_ref.pid'], read: 'text', fields: words('*.ppid *.parentprocessid') },
  { paths: ['process:cwd'], read: 'text', fields: words('*.currentdirectory *.cwd') },
  {
    paths: ['user-account:account_login', 'process:creator_user_ref.account_login'],
    read: 'text',
    fields: USERS,
  },
  { paths: ['user-account:display_name'], read: 'text', fields: words('*.displayname *.display_name') },
  {
    paths: ['user-account:user_id'],
    read: 'text',
    fields: words(
      '*.uid *.auid *.euid *.userid *.user_id *.usersid *.targetusersid *.subjectusersid *.targetsid',
    ),
  },
  {
    paths: ['network-traffic:dst_port'],
    read: 'text',
    fields: words(
      '*.dstport *.dst_port *.dest_port *.destport *.destinationport *.destination_port *.dport *.resp_p *.id.resp_p',
    ),
  },
  {
    paths: ['network-traffic:src_port'],
    read: 'text',
    fields: words('*.srcport *.src_port *.sourceport *.source_port *.sport *.orig_p *.id.orig_p'),
  },
  {
    paths: ['network-traffic:protocols'],
    read: 'text',
    fields: words('*.protocol *.proto *.app_proto *.transport *.service'),
  },
  {
    paths: ['network-traffic:extensions.http-request-ext.request_method'],
    read: 'text',
    fields: words('*.http_method *.request_method *.httpmethod *.clientrequestmethod'),
  },
  {
    paths: ['network-traffic:extensions.http-request-ext.request_value'],
    read: 'text',
    fields: words('*.url *.uri *.request_uri *.requesturi *.clientrequesturi'),
  },
  {
    paths: ['network-traffic:extensions.http-request-ext.request_header.host'],
    read: 'text',
    fields: words('*.http.hostname *.host_header *.clientrequesthost'),
  },
  {
    paths: ['network-traffic:extensions.http-request-ext.request_header.user-agent', 'user-agent:value'],
    read: 'text',
    fields: USER_AGENTS,
  },
  {
    paths: ['windows-registry-key:key'],
    read: 'registry',
    fields: words('*.targetobject *.regkey *.registry_key *.objectname syscheck.path'),
  },
  { paths: ['windows-registry-key:values.name'], read: 'text', fields: words('*.value_name *.valuename') },
  { paths: ['windows-registry-key:values.name'], read: 'file-name', fields: words('*.targetobject') },
  { paths: ['windows-registry-key:values.data'], read: 'text', fields: words('*.details *.newvalue') },
  { paths: ['mutex:name'], read: 'text', fields: words('*.mutex *.mutex_name *.mutexname') },
  {
    paths: ['email-message:subject'],
    read: 'text',
    fields: words('*.subject *.email_subject *.mail_subject *.message_subject'),
  },
  { paths: ['x509-certificate:serial_number'], read: 'digest', fields: words('*.tls.serial *.serialnumber') },
  { paths: ['x509-certificate:issuer'], read: 'text', fields: words('*.issuerdn *.tls.issuer *.issuer') },
  { paths: ['x509-certificate:subject'], read: 'text', fields: words('*.tls.subject *.subjectdn') },
  { paths: ['x509-certificate:hashes.sha-1'], read: 'digest', fields: words('*.tls.fingerprint') },
  {
    paths: ['software:name'],
    read: 'text',
    fields: words('*.vulnerability.package.name *.program.name *.product *.productname'),
  },
  {
    paths: ['software:version'],
    read: 'text',
    fields: words('*.vulnerability.package.version *.program.version *.productversion'),
  },
]

/** Fields that name one end of a connection, or the sender or recipients of a message; also the answers of the DNS. */
export const ENDS = {
  source: words(`
    srcip src_ip sourceip source_ip sourceipaddress source_address srcaddr saddr clientip client_ip ipaddress
    remote_ip remip orig_h originip src nat_source_ip srchostname sourcehostname shost
  `),
  destination: words(`
    dstip dst_ip dest_ip destinationip destination_ip destination_address dstaddr daddr server_ip resp_h dst
    nat_destination_ip destinationhostname dhost hostname sni server_name
  `),
  recipient: words(`
    to cc bcc rcpt_to rcptto recipient recipients recipient_address to_addresses dst_email mailbox
  `),
  copied: words('cc'),
  answer: words('rdata answers queryresults a aaaa'),
} as const satisfies Record<keyof typeof WCS_ENDS, readonly string[]>

function words(block: string): readonly string[] {
  return block.trim().split(/\s+/)
}
