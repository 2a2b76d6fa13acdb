import { COMPLIANCE, isoTime, type Draft, type JsonObject, type Template } from './template.ts'
import type { Agent, World } from './world.ts'

interface WindowsEvent {
  readonly agent: Agent
  readonly eventId: string
  readonly channel: string
  readonly provider: string
  /** Text of the event, one line each. */
  readonly message: readonly string[]
  readonly eventdata: JsonObject
  readonly rule: Draft['rule']
}

const SYSMON = {
  channel: 'Microsoft-Windows-Sysmon/Operational',
  provider: 'Microsoft-Windows-Sysmon',
} as const
const IMAGES = [
  'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
  'C:\\Windows\\System32\\svchost.exe',
  'C:\\Users\\Public\\updater.exe',
  'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
] as const

/** Backslashes stay doubled in `win.eventdata` after JSON parsing (Wazuh 4.x). */
function doubled(path: string): string {
  return path.replaceAll('\\', '\\\\')
}

function windows(world: World, event: WindowsEvent): Draft {
  return {
    agent: event.agent,
    rule: event.rule,
    decoder: { name: 'windows_eventchannel' },
    data: {
      win: {
        system: {
          providerName: event.provider,
          providerGuid: '{5770385f-c22a-43e0-bf4c-06f5698ffbd9}',
          eventID: event.eventId,
          version: '5',
          level: '4',
          task: event.eventId,
          opcode: '0',
          keywords: '0x8000000000000000',
          systemTime: isoTime(world.second),
          eventRecordID: String(world.random.int(1e7)),
          processID: '3128',
          threadID: '4412',
          channel: event.channel,
          computer: `${event.agent.name}.corp.internal`,
          severityValue: 'INFORMATION',
          message: `"${event.message.join('\r\n')}"`,
        },
        eventdata: event.eventdata,
      },
    },
    location: 'EventChannel',
  }
}

function sysmonRule(number: string, description: string): Draft['rule'] {
  return {
    level: 3,
    id: `1003${number.padStart(2, '0')}`,
    description,
    groups: ['windows', 'sysmon', `sysmon_event${number}`],
  }
}

const sysmonProcess: Template = {
  kind: 'sysmon 1',
  weight: 12,
  carries: ['md5', 'sha1', 'sha256'],
  make: (world) => {
    const image = world.random.pick(IMAGES)
    const hashes = [
      `SHA1=${world.digest('sha1').toUpperCase()}`,
      `MD5=${world.digest('md5').toUpperCase()}`,
      `SHA256=${world.digest('sha256').toUpperCase()}`,
      `IMPHASH=${world.random.hex(32).toUpperCase()}`,
    ].join(',')
    const facts: readonly (readonly [string, string])[] = [
      ['processGuid', world.guid()],
      ['processId', String(world.random.int(20_000))],
      ['image', image],
      ['fileVersion', `10.0.19041.${world.random.int(5000)}`],
      ['description', 'Host Process for Windows Services'],
      ['product', 'Microsoft Windows Operating System'],
      ['company', 'Microsoft Corporation'],
      ['originalFileName', image.slice(image.lastIndexOf('\\') + 1)],
      ['commandLine', `${image} /task ${world.random.hex(12)}`],
      ['currentDirectory', 'C:\\Windows\\system32\\'],
      ['user', `CORP\\${world.user()}`],
      ['logonGuid', world.guid()],
      ['integrityLevel', 'Medium'],
      ['hashes', hashes],
      ['parentProcessGuid', world.guid()],
      ['parentImage', 'C:\\Windows\\explorer.exe'],
      ['parentCommandLine', 'C:\\Windows\\explorer.exe /NOUACCHECK'],
      ['parentUser', `CORP\\${world.user()}`],
    ]
    return windows(world, {
      ...SYSMON,
      agent: world.agent('windows'),
      eventId: '1',
      message: ['Process Create:', ...facts.map(([name, value]) => `${name}: ${value}`)],
      eventdata: Object.fromEntries(facts.map(([name, value]) => [name, doubled(value)])),
      rule: sysmonRule('1', 'Sysmon - Event 1: Process creation'),
    })
  },
}

const sysmonConnection: Template = {
  kind: 'sysmon 3',
  weight: 6,
  carries: ['ipv4'],
  make: (world) => {
    const [agent, image, destination] = [world.agent('windows'), world.random.pick(IMAGES), world.ipv4()]
    return windows(world, {
      ...SYSMON,
      agent,
      eventId: '3',
      message: [
        'Network connection detected:',
        `Image: ${image}`,
        'Protocol: tcp',
        `DestinationIp: ${destination}`,
      ],
      eventdata: {
        processGuid: world.guid(),
        processId: String(world.random.int(20_000)),
        image: doubled(image),
        user: `CORP\\\\${world.user()}`,
        protocol: 'tcp',
        initiated: 'true',
        sourceIp: agent.ip ?? '10.20.30.40',
        sourcePort: world.port(),
        destinationIp: destination,
        destinationPort: '443',
      },
      rule: sysmonRule('3', `Sysmon - Event 3: Network connection by ${image}`),
    })
  },
}

const sysmonDns: Template = {
  kind: 'sysmon 22',
  weight: 7,
  carries: ['domain', 'ipv4'],
  make: (world) => {
    const [image, name] = [world.random.pick(IMAGES), world.domain()]
    const results = `type:  5 ${world.random.hex(6)}.cloudhost.net;::ffff:${world.ipv4()};`
    return windows(world, {
      ...SYSMON,
      agent: world.agent('windows'),
      eventId: '22',
      message: ['Dns query:', `QueryName: ${name}`, `QueryResults: ${results}`, `Image: ${image}`],
      eventdata: {
        processGuid: world.guid(),
        processId: String(world.random.int(20_000)),
        queryName: name,
        queryStatus: '0',
        queryResults: results,
        image: doubled(image),
      },
      rule: sysmonRule('22', 'Sysmon - Event 22: DNS Query event'),
    })
  },
}

const logon: Template = {
  kind: 'windows 4624',
  weight: 6,
  carries: ['ipv4'],
  make: (world) => {
    const [address, user] = [world.ipv4(), world.user()]
    return windows(world, {
      agent: world.agent('windows'),
      channel: 'Security',
      provider: 'Microsoft-Windows-Security-Auditing',
      eventId: '4624',
      message: [
        'An account was successfully logged on.',
        `\tAccount Name:\t\t${user}`,
        `\tSource Network Address:\t${address}`,
        'This event is generated when a logon session is created. '.repeat(1 + world.random.int(30)),
      ],
      eventdata: {
        subjectUserSid: 'S-1-0-0',
        targetUserSid: 'S-1-5-21-1004336348-1177238915-682003330-1105',
        targetUserName: user,
        targetDomainName: 'CORP',
        logonType: '3',
        logonProcessName: 'NtLmSsp',
        authenticationPackageName: 'NTLM',
        workstationName: 'WS-0417',
        logonGuid: '{00000000-0000-0000-0000-000000000000}',
        keyLength: '128',
        ipAddress: `::ffff:${address}`,
        ipPort: '0',
        elevatedToken: '%%1843',
      },
      rule: {
        level: 3,
        id: '60106',
        description: 'Windows logon success.',
        groups: ['windows', 'windows_security', 'authentication_success'],
        compliance: COMPLIANCE.access,
      },
    })
  },
}

const powershell: Template = {
  kind: 'powershell 4104',
  weight: 3,
  carries: ['url'],
  make: (world) => {
    const script = `$c = New-Object Net.WebClient; $c.DownloadString('${world.url()}') | Out-Null; ${'Get-Service | Where-Object Status -eq Running; '.repeat(1 + world.random.int(20))}`
    return windows(world, {
      agent: world.agent('windows'),
      channel: 'Microsoft-Windows-PowerShell/Operational',
      provider: 'Microsoft-Windows-PowerShell',
      eventId: '4104',
      message: ['Creating Scriptblock text (1 of 1):', script],
      eventdata: {
        messageNumber: '1',
        messageTotal: '1',
        scriptBlockText: script,
        scriptBlockId: world.guid(),
      },
      rule: {
        level: 4,
        id: '91802',
        description: 'Powershell script block logged',
        groups: ['windows', 'powershell'],
      },
    })
  },
}

const defender: Template = {
  kind: 'defender',
  weight: 1,
  carries: [],
  make: (world) =>
    windows(world, {
      agent: world.agent('windows'),
      channel: 'Microsoft-Windows-Windows Defender/Operational',
      provider: 'Microsoft-Windows-Windows Defender',
      eventId: '1116',
      message: ['Microsoft Defender Antivirus has detected malware or other potentially unwanted software.'],
      eventdata: {
        'product Version': '4.18.25030.2',
        'threat Name': 'Virus:DOS/EICAR_Test_File',
        fWLink: 'https://go.microsoft.com/fwlink/?linkid=37020&amp;threatid=2147519003&amp;enterprise=0',
        path: doubled(`file:_C:\\Users\\${world.user()}\\Downloads\\setup-${world.random.int(1000)}.exe`),
        'engine Version': 'AM: 1.1.25070.4, NIS: 1.1.25070.4',
      },
      rule: {
        level: 12,
        id: '62123',
        description: 'Windows Defender: Antimalware platform detected potentially unwanted software',
        groups: ['windows', 'windows_defender'],
        compliance: COMPLIANCE.log,
      },
    }),
}

export const WINDOWS_TEMPLATES: readonly Template[] = [
  sysmonProcess,
  sysmonConnection,
  sysmonDns,
  logon,
  powershell,
  defender,
]
