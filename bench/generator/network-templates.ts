import { COMPLIANCE, isoTime, JSON_DECODER, syslogTime, type JsonObject, type Template } from './template.ts'
import type { World } from './world.ts'

function suricata(world: World, event: string, description: string, rest: JsonObject) {
  return {
    agent: world.agent('linux'),
    rule: { level: 3, id: '86601', description: `Suricata: ${description}`, groups: ['ids', 'suricata'] },
    decoder: JSON_DECODER,
    data: {
      timestamp: isoTime(world.second),
      flow_id: `${world.random.int(2 ** 31)}.000000`,
      in_iface: 'ens192',
      event_type: event,
      src_ip: world.ipv4(),
      src_port: world.port(),
      dest_ip: world.internalIp(),
      dest_port: '443',
      proto: 'TCP',
      ...rest,
    },
    location: '/var/log/suricata/eve.json',
  }
}

const suricataHttp: Template = {
  kind: 'suricata alert',
  weight: 6,
  carries: ['ipv4', 'domain', 'md5', 'sha256'],
  make: (world) => {
    const host = world.domain()
    return suricata(world, 'alert', 'Alert - Executable downloaded over HTTP', {
      alert: {
        action: 'allowed',
        gid: '1',
        signature_id: '9000001',
        rev: '4',
        category: 'Misc activity',
        severity: '3',
      },
      http: {
        hostname: host,
        url: `/dl/${world.random.hex(8)}.exe`,
        http_user_agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
        http_refer: `http://${host}/`,
        http_method: 'GET',
        status: '200',
      },
      files: [
        {
          filename: `/dl/${world.random.hex(8)}.exe`,
          md5: world.digest('md5'),
          sha256: world.digest('sha256'),
          stored: false,
          size: world.random.int(1e6),
        },
      ],
      app_proto: 'http',
    })
  },
}

const suricataTls: Template = {
  kind: 'suricata tls',
  weight: 4,
  carries: ['ipv4', 'domain'],
  make: (world) => {
    const sni = world.domain()
    const pairs = world.random.hex(40).match(/../g) ?? []
    return suricata(world, 'tls', `TLS - ${sni}`, {
      tls: {
        subject: `CN=${sni}`,
        issuerdn: 'C=XX, O=Example CA, CN=Example CA R1',
        serial: pairs.slice(0, 16).join(':').toUpperCase(),
        fingerprint: pairs.join(':'),
        sni,
        version: 'TLS 1.3',
        notbefore: '2026-09-01T00:00:00',
        notafter: '2026-11-30T00:00:00',
      },
    })
  },
}

const suricataDns: Template = {
  kind: 'suricata dns',
  weight: 4,
  carries: ['ipv4', 'domain'],
  make: (world) => {
    const rrname = world.domain()
    const rdata = world.ipv4()
    return suricata(world, 'dns', `DNS - ${rrname}`, {
      dns: {
        type: 'answer',
        id: String(world.random.int(65_536)),
        rrname,
        rrtype: 'A',
        rcode: 'NOERROR',
        answers: [{ rrname, rrtype: 'A', ttl: 300, rdata }],
        grouped: { A: [rdata] },
      },
    })
  },
}

const zeek: Template = {
  kind: 'zeek',
  weight: 5,
  carries: ['domain', 'ipv4'],
  make: (world) => ({
    agent: world.agent('linux'),
    rule: { level: 5, id: '66003', description: 'Zeek: DNS Query', groups: ['zeek', 'ids'] },
    decoder: JSON_DECODER,
    data: {
      ts: `${world.second}.751717`,
      uid: `C${world.random.hex(17)}`,
      id: { orig_h: world.internalIp(), orig_p: world.port(), resp_h: world.internalIp(), resp_p: '53' },
      proto: 'udp',
      trans_id: String(world.random.int(65_536)),
      query: world.domain(),
      rcode_name: 'NOERROR',
      answers: [world.ipv4(), world.ipv4()],
      TTLs: [60, 60],
      bro_engine: 'DNS',
    },
    location: '/opt/zeek/logs/current/output.log',
  }),
}

/** `a=1 b="x y"`: the log line FortiGate writes for these fields. */
function keyValueLine(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([key, value]) => (/^[\d.]+$/.test(value) ? `${key}=${value}` : `${key}="${value}"`))
    .join(' ')
}

const fortigate: Template = {
  kind: 'fortigate',
  weight: 7,
  carries: ['ipv4', 'url'],
  make: (world) => {
    const fields = {
      logid: '0317013312',
      type: 'utm',
      subtype: 'webfilter',
      eventtype: 'ftgd_allow',
      level: 'notice',
      vd: 'root',
      policyid: '1',
      sessionid: String(world.random.int(1e6)),
      srcip: world.internalIp(),
      srcport: world.port(),
      dstip: world.ipv4(),
      dstport: '443',
      proto: '6',
      service: 'HTTPS',
      action: 'passthrough',
      url: world.url(),
      msg: 'URL belongs to an allowed category in policy',
    }
    return {
      agent: world.agent(),
      rule: {
        level: 3,
        id: '81644',
        description: 'Fortigate: URL allowed.',
        groups: ['fortigate', 'syslog'],
        compliance: COMPLIANCE.log,
      },
      fullLog: `date=2026-11-20 time=08:00:00 devname="fw-01" ${keyValueLine(fields)}`,
      decoder: { parent: 'fortigate-firewall-v6', name: 'fortigate-firewall-v6' },
      data: { ...fields, devname: 'fw-01', time: '08:00:00' },
      location: '10.20.0.1',
    }
  },
}

const paloAlto: Template = {
  kind: 'palo alto',
  weight: 4,
  carries: ['ipv4'],
  make: (world) => {
    const [source, destination] = [world.internalIp(), world.ipv4()]
    const time = '2026/11/20 08:00:00'
    return {
      agent: world.agent(),
      rule: {
        level: 5,
        id: '64503',
        description: 'Palo Alto THREAT: high event.',
        groups: ['paloalto'],
        compliance: COMPLIANCE.log,
      },
      fullLog: `0,${time},321321321,THREAT,spyware,0,${time},${source},${destination},0.0.0.0,0.0.0.0,out-web,,,web-browsing,vsys1,inside,outside,ethernet1/1,ethernet1/2,soc,${time},51557,1,55094,443,0,0,0x502000,tcp,reset-both`,
      decoder: { parent: 'paloalto', name: 'paloalto' },
      data: {
        action: 'reset-both',
        receive_time: time,
        type: 'THREAT',
        threat_content_type: 'spyware',
        source_address: source,
        destination_address: destination,
        nat_source_ip: '0.0.0.0',
        nat_destination_ip: '0.0.0.0',
        rule_name: 'out-web',
        application: 'web-browsing',
        session_id: String(world.random.int(1e6)),
        protocol: 'tcp',
        severity: 'high',
      },
      location: '/var/log/firewalls/paloalto.log',
    }
  },
}

const squid: Template = {
  kind: 'squid',
  weight: 4,
  carries: ['url'],
  make: (world) => {
    const [srcip, url] = [world.internalIp(), world.url()]
    return {
      agent: world.agent('linux'),
      rule: {
        level: 5,
        id: '35006',
        description: 'Squid: Access forbidden.',
        groups: ['squid'],
        compliance: COMPLIANCE.access,
      },
      fullLog: `${world.second}.827    781 ${srcip} TCP_DENIED/403 1785 GET ${url} - HIER_NONE/- text/html`,
      predecoder: { timestamp: `${world.second}.827` },
      decoder: { parent: 'squid-accesslog', name: 'squid-accesslog' },
      data: { action: 'TCP_DENIED', srcip, id: '403', url },
      location: '/var/log/squid/access.log',
    }
  },
}

const postfix: Template = {
  kind: 'postfix',
  weight: 3,
  carries: ['ipv4'],
  make: (world) => {
    const [agent, srcip, time] = [world.agent('linux'), world.ipv4(), syslogTime(world.second)]
    return {
      agent,
      rule: {
        level: 6,
        id: '3306',
        description: 'Postfix: IP Address black-listed by anti-spam (blocked).',
        groups: ['syslog', 'postfix', 'spam'],
        compliance: COMPLIANCE.log,
      },
      fullLog: `${time} ${agent.name} postfix/smtpd[${world.random.int(60_000)}]: NOQUEUE: reject: RCPT from unknown[${srcip}]: 550 5.7.1 Service unavailable; from=<${world.user()}@${world.domain()}> proto=ESMTP helo=<localhost>`,
      predecoder: { program_name: 'postfix/smtpd', timestamp: time, hostname: agent.name },
      decoder: { parent: 'postfix', name: 'postfix-reject' },
      data: { srcip, id: '550' },
      location: '/var/log/mail.log',
    }
  },
}

export const NETWORK_TEMPLATES: readonly Template[] = [
  suricataHttp,
  suricataTls,
  suricataDns,
  zeek,
  fortigate,
  paloAlto,
  squid,
  postfix,
]
