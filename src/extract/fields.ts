/**
 * What a field holds. `ip`: addresses, with or without port, or lists of them. `host`: addresses or names. `domain`:
 * names. `url`: URLs, with or without scheme, or a path that may carry URLs. `email`: addresses, with or without
 * display name. `hash`: digests, alone or labelled (`SHA256=…`). `text`: searched as raw text. `log`: a log as it was, read
 * by field like `data` when it is JSON, else as raw text. `ignore`: not searched. `noise`: not searched, and its value is
 * no observable elsewhere in the alert's raw text either: links to reports, versions, file names.
 */
export type FieldKind =
  'ip' | 'host' | 'domain' | 'url' | 'email' | 'hash' | 'text' | 'log' | 'ignore' | 'noise'

/**
 * Wazuh field path → what it holds. Paths are dotted, without array marks, in lower case (Wazuh compares field names
 * without case). `a.b`: that path. `a.b.**`: everything below. `*.b`: a field of that name anywhere. The longest path
 * wins over a subtree, a subtree over a name. Fields that are not named here are searched as raw text.
 * Sources: Wazuh 4.14 decoders and modules, the vendors' log schemas; see docs/matching.md. Wazuh 5: fields-wcs.ts.
 */
export const FIELDS: Readonly<Partial<Record<FieldKind, readonly string[]>>> = {
  ip: words(`
    *.srcip *.dstip *.srcip2 *.src_ip *.dst_ip *.dest_ip *.ip *.ip_address *.ipaddress *.ipaddressv4
    *.ipaddressv6 *.clientip *.client_ip *.clientipaddress *.actoripaddress *.userip *.senderip
    *.sender_ip_address *.remote_ip *.remoteip *.remoteaddr *.remote_addr *.source_ip *.sourceip
    *.destinationip *.destination_ip *.target_ip *.server_ip *.originip *.external_ip *.internal_ip
    *.actor_ip *.callerip *.sourceipaddress *.srcaddr *.dstaddr *.nat_source_ip *.nat_destination_ip
    *.source_address *.destination_address *.sourceaddress *.destaddress *.clientaddress *.remote_address
    *.local_address *.local_ip *.lastipaddress *.lastexternalipaddress *.tran_src_ip *.tran_dst_ip
    *.transip *.tunnelip *.remip *.locip *.assignip *.xlatesrc *.xlatedst *.peer_gateway *.identsrc
    *.dstcip *.host_ip *.ipv4 *.ipv6 *.trap_address *.publicip *.privateipaddress *.orig_h *.resp_h
    *.x_forwarded_for *.cs5 *.nas *.fw *.peer *.realip *.nat_srcip *.nat_dstip *.deviceip *.publicipaddress
    *.addr *.saddr *.daddr data.dns.grouped.a data.dns.grouped.aaaa data.related.ip agentless.host
    *.source_ip_address *.local_ip_address *.remote_ip_address *.xff *.forwarded_for
    data.win.eventdata.value data.columns.address data.osquery.columns.address
  `),
  host: words(`
    *.hostname *.host *.src *.dst *.origin *.dvchost *.dhost *.shost *.rdata *.answers *.client.name
    *.system_name *.helo *.server *.rhost *.host_header *.fqdn *.devicednsname *.destinationhostname
    *.sourcehostname *.analyzerhostname *.targethostname *.queryresults *.dvc data.client.address
    data.source.address data.destination.address data.server.address data.related.hosts
    data.aws.requestparameters.host predecoder.hostname data.alert.context.threat.host
    data.win.system.computer data.win.eventdata.workstationname data.win.eventdata.workstation
    data.audit.hostname
  `),
  domain: words(`
    *.domain *.rrname *.query *.queryname *.qname *.sni *.server_name *.domain_name *.sender_domain
    *.targetdomainname *.subjectdomainname *.dnsdomain *.domain_edl *.url_domain *.publicdnsname
    *.clientrequesthost *.zonename *.dsname *.query_name *.dns_query *.scertcname *.cname
    data.query.hostname data.dns.grouped.cname data.dns.grouped.mx data.dns.grouped.ns data.dns.grouped.ptr
    data.dns.question.name data.tls.subject_an data.tls.subjectaltname
  `),
  url: words(`
    *.url *.uri *.urls *.request_url *.requesturl *.requesturi *.request_uri *.http_refer *.http_referer
    *.referer *.referrer *.link *.clientrequesturi *.url_filename *.client_url *.originurl *.arg *.resource
    *.full_url *.target_url *.request *.url.full *.url.original
  `),
  email: words(`
    *.email *.mail_from *.rcpt_to *.src_email *.dst_email *.e-mail *.from *.to *.cc *.bcc *.p1sender
    *.p2sender *.recipients *.recipient *.sender *.from_address *.recipient_address *.to_addresses
    *.return_path *.reply_to *.userprincipalname *.userid *.email.address *.principalemail *.mailfrom
    *.rcptto *.mailbox *.useraccount *.useremail *.user_email *.from.address *.to.address
    *.recipient.address *.sender.address *.dstuser *.srcuser *.user *.username *.targetusername
    *.subjectusername *.actor *.author *.mail *.id *.uid *.userkey *.objectid
  `),
  hash: words(`
    *.md5 *.sha1 *.sha256 *.sha512 *.hash *.hashes *.filehash *.file_hash *.parenthash *.childhash
    *.sourceprocesshash *.processhash *.targethash *.file_md5 *.file_sha1 *.file_sha256 *.filesha256
    *.analyticscksum *.file_digest *.md5_after *.md5_before *.sha1_after *.sha1_before *.sha256_after
    *.sha256_before *.sha512_after *.sha512_before *.filehashsha1 *.filehashsha256 *.md5sum *.sha1sum
    *.sha256sum *.checksum *.sha_256 *.sha_1 *.filehashes
  `),
  text: words(`
    full_log previous_output previous_log syscheck.diff *.message *.commandline *.parentcommandline
    *.command *.cmdline *.scriptblocktext *.contextinfo *.extra_data *.full_request *.cs3 *.input
    data.win.eventdata.data *.payload *.payload_printable *.http_request_body_printable
    *.http_response_body_printable *.proctitle data.audit.execve.** data.syscheck.diff
  `),
  ignore: [
    // who reports and what rule fired: our own side, and texts made from fields searched anyway
    ...words(`
      rule.** agent.** manager.** cluster.** decoder.** location id timestamp predecoder.timestamp
      predecoder.program_name @timestamp geolocation.** input.** fields.** _index _id
    `),
    // MAC addresses, certificates, protocol odds and ends
    ...words(`
      *.mac *.src_mac *.dst_mac *.srcmac *.dstmac *.smac *.dmac *.dest_mac *.mac_address *.int_mac_address
      *.ext_mac_address data.ether.** *.serial *.fingerprint *.reference_id *.issuerdn *.tls.issuer
      *.tls.chain *.certificate *.ja3.string *.ja3s.string *.proto *.flowbits
    `),
    // user agents and names of services
    ...words(`
      *.useragent *.user_agent *.user-agent *.http_user_agent *.callersupplieduseragent *.eventsource
      *.invokedby *.invoked_by *.servicename *.service.name *.api.operation *.producer *.methodname
      *.permission *.@type *.@odata.type *.logname *.selflink *.selflinkwithid *.principalsubject
      *.subscription *.script *.event.dataset data.gcp.resource.** data.gcp.protopayload.request.@type
      data.gcp.protopayload.request.filter data.gcp.protopayload.resourceoriginalstate.**
      data.gcp.protopayload.response.** *.vminstancename
    `),
  ],
  noise: [
    // times, versions, products, ids
    ...words(`
      *.timestamp *.@timestamp *.version *.fileversion *.productversion *.product_version *.agent_version
      *.app_version *.sdk_version *.analyzerversion *.engine␣version *.product␣version *.schemaversion
      *.eventversion *.attributesyntaxoid *.oid *.trap_oid *.dst_mask *.src_mask *.netmask *.mask
      *.locationinformation *.application_subcategory *.source_country *.destination_country
      *.source_location *.destination_location *.utctime *.creationutctime *.systemtime *.calendartime
      *.time *.eventtime *.source_range *.sourceranges *.destination_range *.cidr *.cidripv4 *.network
      *.subnet   *.uuid *.guid *.requestid *.request_id *.correlationid *.correlation_id *.rayid
      *.detectorid *.provideralertid *.bucket_owner *.internetmessageid *.internet_message_id *.message_id
      *.messageid *.community_id *.trace *.muid *.reqid *.host_id *.sessionid *.auth_context_hash *.eventid
      *.processguid *.logonguid *.providerguid *.activityid *.imphash *.devicecustomdate1 *.attack.name
      *.attack *.attackname *.appcat *.applist *.cfgpath *.cfgobj *.cfgattr *.threatcategory *.dataset
      *.event_type *.application *.app *.catdesc
    `),
    // links to reports, consoles and documentation
    ...words(`
      *.permalink *.reference *.references *.bugzilla_references *.ref *.alertweburl *.incidentweburl
      *.abx_portal_url *.eventdeeplink *.loginto *.fwlink *.siteurl *.documentation *.help_url *.rule_url
      data.docker.** data.vulnerability.** data.sca.** data.oscap.** data.yara.** data.alert.metadata.**
      data.aws.finding.productfields.** data.aws.finding.remediation.** data.aws.finding.compliance.**
      data.aws.log_info.** data.aws.finding.id data.aws.finding.productarn *.arn *.rolearn *.requester
      *.bucket data.data_stream.** data.ecs.** data.elastic_agent.** data.event.original
      data.event.reference data.threat.indicator.reference *.signature *.schema
    `),
    // files, programs, registry: never names of hosts
    ...words(`
      *.image *.parentimage *.sourceimage *.targetimage *.imageloaded *.imagepath *.originalfilename
      *.targetfilename *.filename *.file_name *.file *.files.name *.path *.filepath *.file_path
      *.processname *.newprocessname *.parentprocessname *.process.name *.exe *.cwd *.parent_cwd
      *.parent_name *.process␣name *.calltrace *.binary *.targetobject *.details *.description *.product
      *.company *.title *.threat␣name *.fullname *.scanned_file *.sourcefilename *.attachment *.attachments
      *.attachment_names *.attachmentnames *.parentpath *.childpath *.targetpath *.regkey *.key
      *.sourcefilepath *.naturallangdescription *.mwname *.symbolic_path *.hard_links syscheck.path
      syscheck.value_name syscheck.audit.** *.plugindllname *.target_path *.log_file *.source
      data.files.filename data.fileinfo.filename *.class *.controller *.magic data.audit.file.**
      data.audit.directory.** data.parameters.**
    `),
  ],
}

/** Patterns of a block, one word each; `␣` stands for a blank inside a field name (Windows Defender has some). */
function words(block: string): readonly string[] {
  return block
    .trim()
    .split(/\s+/)
    .map((word) => word.replaceAll('␣', ' '))
}

/** A URL whose host stands in another field: joined to one URL, seen at both. */
export interface UrlJoin {
  /** Dotted paths, exact, without array marks, as in the alert. */
  readonly host: string
  readonly path: string
  /** Scheme when `schemeField` is absent or says neither http nor https. */
  readonly scheme: 'http' | 'https'
  readonly schemeField?: string
  readonly portField?: string
  /** What follows the path, when the path has no query of its own. */
  readonly queryField?: string
}

export const URL_JOINS: readonly UrlJoin[] = [
  { host: 'data.http.hostname', path: 'data.http.url', scheme: 'http', portField: 'data.http.http_port' },
  {
    host: 'data.ClientRequestHost',
    path: 'data.ClientRequestURI',
    scheme: 'https',
    schemeField: 'data.ClientRequestScheme',
  },
  { host: 'data.hostname', path: 'data.url', scheme: 'http', schemeField: 'data.service' },
  { host: 'data.host', path: 'data.uri', scheme: 'http' },
  { host: 'data.akamai.siem.request.host', path: 'data.akamai.siem.request.path', scheme: 'https' },
]
