import { COMPLIANCE, JSON_DECODER, syslogTime, type Template } from './template.ts'
import type { World } from './world.ts'

const SSH_RULES = [
  {
    id: '5710',
    level: 5,
    description: 'sshd: Attempt to login using a non-existent user',
    verb: 'Invalid user',
  },
  { id: '5760', level: 5, description: 'sshd: authentication failed.', verb: 'Failed password for' },
  { id: '5715', level: 3, description: 'sshd: authentication success.', verb: 'Accepted password for' },
] as const

const sshd: Template = {
  kind: 'sshd',
  weight: 12,
  carries: ['ipv4'],
  make: (world) => {
    const rule = world.random.pick(SSH_RULES)
    const [agent, srcip, srcport, srcuser] = [world.agent('linux'), world.ipv4(), world.port(), world.user()]
    const time = syslogTime(world.second)
    const pid = world.random.int(60_000)
    return {
      agent,
      rule: {
        ...rule,
        groups: ['syslog', 'sshd', 'authentication_failed'],
        mitre: { id: ['T1110.001'], tactic: ['Credential Access'], technique: ['Password Guessing'] },
        compliance: COMPLIANCE.access,
      },
      fullLog: `${time} ${agent.name} sshd[${pid}]: ${rule.verb} ${srcuser} from ${srcip} port ${srcport} ssh2`,
      predecoder: { program_name: 'sshd', timestamp: time, hostname: agent.name },
      decoder: { parent: 'sshd', name: 'sshd' },
      data: { srcip, srcport, srcuser },
      location: '/var/log/auth.log',
    }
  },
}

const sudo: Template = {
  kind: 'sudo',
  weight: 3,
  carries: [],
  make: (world) => {
    const [agent, user, time] = [world.agent('linux'), world.user(), syslogTime(world.second)]
    return {
      agent,
      rule: {
        level: 3,
        id: '5402',
        description: 'Successful sudo to ROOT executed.',
        groups: ['syslog', 'sudo'],
        compliance: COMPLIANCE.access,
      },
      fullLog: `${time} ${agent.name} sudo: ${user} : TTY=pts/0 ; PWD=/home/${user} ; USER=root ; COMMAND=/usr/bin/apt-get update`,
      predecoder: { program_name: 'sudo', timestamp: time, hostname: agent.name },
      decoder: { parent: 'sudo', name: 'sudo', ftscomment: 'First time user executed the sudo command' },
      data: {
        srcuser: user,
        dstuser: 'root',
        tty: 'pts/0',
        pwd: `/home/${user}`,
        command: '/usr/bin/apt-get update',
      },
      location: '/var/log/auth.log',
    }
  },
}

const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  'curl/8.9.1',
] as const
const PAGES = [
  '/wp-login.php',
  '/.env',
  '/index.php?id=1',
  '/admin/config.php',
  '/static/app-4.17.21.js',
] as const

const webAccess: Template = {
  kind: 'web access',
  weight: 10,
  carries: ['ipv4'],
  make: (world) => {
    const [srcip, url] = [world.ipv4(), world.random.pick(PAGES)]
    const referrer = world.random.chance(0.3) ? world.url() : '-'
    return {
      agent: world.agent('linux'),
      rule: {
        level: 5,
        id: '31101',
        description: 'Web server 400 error code.',
        groups: ['web', 'accesslog', 'attack'],
        compliance: COMPLIANCE.log,
      },
      fullLog: `${srcip} - - [20/Nov/2026:08:00:00 +0000] "GET ${url} HTTP/1.1" 404 512 "${referrer}" "${world.random.pick(AGENTS)}"`,
      decoder: { parent: 'web-accesslog', name: 'web-accesslog' },
      data: { protocol: 'GET', srcip, id: '404', url },
      location: '/var/log/nginx/access.log',
    }
  },
}

const FILES = ['/etc/hosts', '/usr/bin/ls', '/var/www/html/index.php', '/tmp/.x', '/etc/cron.d/jobs'] as const

const fim: Template = {
  kind: 'fim',
  weight: 8,
  carries: ['md5', 'sha1', 'sha256'],
  make: (world) => {
    const path = `${world.random.pick(FILES)}.${world.random.int(10_000)}`
    const changed = world.random.chance(0.5)
    const before = changed
      ? {
          md5_before: world.random.hex(32),
          sha1_before: world.random.hex(40),
          sha256_before: world.random.hex(64),
        }
      : {}
    return {
      agent: world.agent('linux'),
      rule: {
        level: changed ? 7 : 5,
        id: changed ? '550' : '554',
        description: changed ? 'Integrity checksum changed.' : 'File added to the system.',
        groups: [
          'ossec',
          'syscheck',
          changed ? 'syscheck_entry_modified' : 'syscheck_entry_added',
          'syscheck_file',
        ],
        compliance: COMPLIANCE.integrity,
      },
      fullLog: `File '${path}' ${changed ? 'modified' : 'added'}\nMode: whodata\n`,
      syscheck: {
        path,
        mode: 'whodata',
        size_after: String(world.random.int(1e6)),
        perm_after: 'rw-r--r--',
        uid_after: '0',
        gid_after: '0',
        ...before,
        md5_after: world.digest('md5'),
        sha1_after: world.digest('sha1'),
        sha256_after: world.digest('sha256'),
        uname_after: 'root',
        gname_after: 'root',
        mtime_after: '2026-11-20T08:01:40',
        inode_after: world.random.int(1e7),
        changed_attributes: ['size', 'mtime', 'md5', 'sha1', 'sha256'],
        event: changed ? 'modified' : 'added',
        audit: {
          user: { id: '0', name: 'root' },
          process: { id: '8284', name: '/usr/bin/dpkg', ppid: '3195' },
        },
      },
      decoder: { name: changed ? 'syscheck_integrity_changed' : 'syscheck_new_entry' },
      location: 'syscheck',
    }
  },
}

const auditd: Template = {
  kind: 'auditd',
  weight: 5,
  carries: ['url'],
  make: (world) => {
    const [url, id] = [world.url(), String(world.random.int(1e6))]
    return {
      agent: world.agent('linux'),
      rule: {
        level: 3,
        id: '80792',
        description: 'Audit: Command: /usr/bin/curl',
        groups: ['audit', 'audit_command'],
      },
      fullLog: `type=SYSCALL msg=audit(${world.second}.124:${id}): arch=c000003e syscall=59 success=yes exit=0 ppid=4110 pid=4123 auid=1001 uid=0 comm="curl" exe="/usr/bin/curl" key="audit-wazuh-c" type=EXECVE msg=audit(${world.second}.124:${id}): argc=3 a0="curl" a1="-s" a2="${url}"`,
      decoder: { parent: 'auditd', name: 'auditd' },
      data: {
        audit: {
          type: 'SYSCALL',
          id,
          syscall: '59',
          success: 'yes',
          exe: '/usr/bin/curl',
          command: 'curl',
          cwd: '/tmp',
          execve: { a0: 'curl', a1: '-s', a2: url },
        },
      },
      location: '/var/log/audit/audit.log',
    }
  },
}

function osqueryColumns(world: World): Readonly<Record<string, string>> {
  return {
    pid: String(world.random.int(60_000)),
    path: '/usr/sbin/nginx',
    local_address: world.internalIp(),
    local_port: world.port(),
    remote_address: world.ipv4(),
    remote_port: '443',
    sha256: world.digest('sha256'),
  }
}

const osquery: Template = {
  kind: 'osquery',
  weight: 3,
  carries: ['ipv4', 'sha256'],
  make: (world) => {
    const agent = world.agent('linux')
    return {
      agent,
      rule: { level: 3, id: '24010', description: 'osquery: open_sockets query result', groups: ['osquery'] },
      decoder: JSON_DECODER,
      data: {
        osquery: {
          name: 'pack_ir_open_sockets',
          pack: 'incident-response',
          action: 'added',
          hostIdentifier: agent.name,
          unixTime: String(world.second),
          counter: '3',
          columns: osqueryColumns(world),
        },
      },
      location: 'osquery',
    }
  },
}

const rootcheck: Template = {
  kind: 'rootcheck',
  weight: 1,
  carries: [],
  make: (world) => ({
    agent: world.agent('linux'),
    rule: {
      level: 7,
      id: '510',
      description: 'Host-based anomaly detection event (rootcheck).',
      groups: ['ossec', 'rootcheck'],
      compliance: COMPLIANCE.log,
    },
    fullLog: `File '/dev/shm/.${world.random.hex(8)}' present on /dev. Possible hidden file.`,
    decoder: { name: 'rootcheck' },
    data: { title: 'File present on /dev.', file: `/dev/shm/.${world.random.hex(8)}` },
    location: 'rootcheck',
  }),
}

const vulnerability: Template = {
  kind: 'vulnerability-detector',
  weight: 3,
  carries: [],
  make: (world) => {
    const cve = `CVE-2025-${10_000 + world.random.int(50_000)}`
    return {
      agent: world.agent('linux'),
      rule: {
        level: 10,
        id: '23505',
        description: `${cve} affects libexample1`,
        groups: ['vulnerability-detector'],
        compliance: COMPLIANCE.log,
      },
      decoder: JSON_DECODER,
      data: {
        vulnerability: {
          cve,
          cvss: {
            cvss3: { base_score: '7.800000', vector: { attack_vector: 'LOCAL', privileges_required: 'LOW' } },
          },
          package: {
            name: 'libexample1',
            version: `1.18.${world.random.int(90)}-6+deb12u5`,
            architecture: 'amd64',
          },
          rationale: 'A crafted file makes the parser read beyond the end of a buffer. '.repeat(
            1 + world.random.int(6),
          ),
          reference: `https://nvd.nist.gov/vuln/detail/${cve}`,
          severity: 'High',
          status: 'Active',
          title: `${cve} affects libexample1`,
        },
      },
      location: 'vulnerability-detector',
    }
  },
}

export const HOST_TEMPLATES: readonly Template[] = [
  sshd,
  sudo,
  webAccess,
  fim,
  auditd,
  osquery,
  rootcheck,
  vulnerability,
]
