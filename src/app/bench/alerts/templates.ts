import type { SampleValues } from './values.ts'

/** What a kind of alert says beside time, agent, manager and id. */
type Template = (values: SampleValues) => Readonly<Record<string, unknown>>

/** As stock rules carry them: a good part of the size of an alert. */
const COMPLIANCE = {
  pci_dss: ['10.2.4', '10.2.5'],
  gdpr: ['IV_35.7.d', 'IV_32.2'],
  hipaa: ['164.312.b'],
  nist_800_53: ['AU.14', 'AC.7'],
  tsc: ['CC6.1', 'CC6.8', 'CC7.2', 'CC7.3'],
} as const

function rule(id: string, level: number, description: string, groups: readonly string[]): object {
  return { level, description, id, firedtimes: 1, mail: false, groups, ...COMPLIANCE }
}

function login({ ipv6, privateIp }: SampleValues): Readonly<Record<string, unknown>> {
  return {
    rule: rule('5710', 5, 'sshd: login with a user that does not exist', ['syslog', 'sshd']),
    full_log: `Jan  1 00:00:00 bench sshd[4711]: Failed password for invalid user bench from ${ipv6} port 40022 ssh2`,
    predecoder: { program_name: 'sshd', timestamp: 'Jan  1 00:00:00', hostname: 'bench' },
    decoder: { parent: 'sshd', name: 'sshd' },
    data: { srcip: ipv6, dstip: privateIp, srcport: '40022', srcuser: 'bench' },
    location: 'journald',
  }
}

function webRequest({ ipv4, domain, url }: SampleValues): Readonly<Record<string, unknown>> {
  return {
    rule: rule('31101', 5, 'Web server answered with an error of the client', ['web', 'accesslog']),
    full_log: `${ipv4} - - [01/Jan/2026:00:00:00 +0000] "GET ${new URL(url).pathname} HTTP/1.1" 404 153 "${url}" "bench/1"`,
    decoder: { name: 'web-accesslog' },
    data: { protocol: 'GET', srcip: ipv4, id: '404', url: new URL(url).pathname, hostname: domain },
    location: '/var/log/nginx/access.log',
  }
}

function dnsQuery({ domain, ipv4, ipv6 }: SampleValues): Readonly<Record<string, unknown>> {
  return {
    rule: rule('61650', 3, 'Sysmon: a name was looked up', ['windows', 'sysmon', 'sysmon_event_22']),
    decoder: { name: 'windows_eventchannel' },
    data: {
      win: {
        system: {
          providerName: 'Microsoft-Windows-Sysmon',
          eventID: '22',
          channel: 'Microsoft-Windows-Sysmon/Operational',
          computer: 'bench',
        },
        eventdata: {
          queryName: domain,
          queryStatus: '0',
          queryResults: `${ipv6};::ffff:${ipv4};`,
          image: String.raw`C:\Program Files\Bench\bench.exe`,
        },
      },
    },
    location: 'EventChannel',
  }
}

function processStart({ md5, sha256, ipv4 }: SampleValues): Readonly<Record<string, unknown>> {
  return {
    rule: rule('61603', 3, 'Sysmon: a process was started', ['windows', 'sysmon', 'sysmon_event1']),
    decoder: { name: 'windows_eventchannel' },
    data: {
      win: {
        system: { providerName: 'Microsoft-Windows-Sysmon', eventID: '1', computer: 'bench' },
        eventdata: {
          image: String.raw`C:\Program Files\Bench\bench.exe`,
          commandLine: `bench.exe --server ${ipv4} --quiet`,
          hashes: `MD5=${md5.toUpperCase()},SHA256=${sha256.toUpperCase()}`,
        },
      },
    },
    location: 'EventChannel',
  }
}

function changedFile({ md5, sha1, sha256 }: SampleValues): Readonly<Record<string, unknown>> {
  return {
    rule: rule('554', 5, 'A file was added', ['ossec', 'syscheck', 'syscheck_entry_added', 'syscheck_file']),
    full_log: "File '/srv/bench/program' added\nMode: realtime\n",
    syscheck: {
      path: '/srv/bench/program',
      mode: 'realtime',
      size_after: '4711',
      md5_after: md5,
      sha1_after: sha1,
      sha256_after: sha256,
      event: 'added',
    },
    decoder: { name: 'syscheck_new_entry' },
    location: 'syscheck',
  }
}

function networkEvent({ ipv4, ipv6, privateIp, domain }: SampleValues): Readonly<Record<string, unknown>> {
  return {
    rule: rule('86601', 3, 'Suricata: an alert', ['ids', 'suricata']),
    decoder: { name: 'json' },
    data: {
      event_type: 'alert',
      src_ip: privateIp,
      src_port: '51000',
      dest_ip: ipv6,
      dest_port: '443',
      proto: 'TCP',
      tls: { sni: domain },
      alert: { action: 'allowed', signature_id: '1000001', signature: `bench: seen beside ${ipv4}` },
    },
    location: '/var/log/suricata/eve.json',
  }
}

function mail({ email, ipv4, url }: SampleValues): Readonly<Record<string, unknown>> {
  return {
    rule: rule('3301', 6, 'Mail was refused', ['syslog', 'postfix']),
    full_log: `Jan  1 00:00:00 bench postfix/smtpd[815]: NOQUEUE: reject: RCPT from unknown[${ipv4}]: 554 5.7.1 see ${url}; from=<${email}> proto=ESMTP`,
    predecoder: { program_name: 'postfix/smtpd', timestamp: 'Jan  1 00:00:00', hostname: 'bench' },
    decoder: { parent: 'postfix', name: 'postfix-reject' },
    data: { srcip: ipv4, srcuser: email },
    location: '/var/log/mail.log',
  }
}

/** Holds nothing that is looked up, as most alerts of a day do. */
function session({ privateIp }: SampleValues): Readonly<Record<string, unknown>> {
  return {
    rule: rule('5501', 3, 'PAM: a session was opened', ['pam', 'syslog', 'authentication_success']),
    full_log: `Jan  1 00:00:00 bench sshd[4712]: pam_unix(sshd:session): session opened for user bench from ${privateIp}`,
    predecoder: { program_name: 'sshd', timestamp: 'Jan  1 00:00:00', hostname: 'bench' },
    decoder: { parent: 'pam', name: 'pam' },
    data: { srcip: privateIp, dstuser: 'bench', uid: '0' },
    location: 'journald',
  }
}

/** Taken in turns. */
export const TEMPLATES: readonly [Template, ...Template[]] = [
  login,
  webRequest,
  dnsQuery,
  processStart,
  changedFile,
  networkEvent,
  mail,
  session,
]
