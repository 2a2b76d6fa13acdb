import { describe, expect, it } from 'vitest'
import { alertOf } from '../../test/support/alerts.ts'
import { FACT_PATHS, isToldPath } from '../canonical/stix-paths.ts'
import { extractConfig } from './config.ts'
import { createExtractor } from './extract.ts'
import { patternFacts } from './pattern-facts.ts'
import { PATTERN_FIELDS } from './pattern-fields.ts'
import { WCS_PATTERN_FIELDS } from './pattern-fields-wcs.ts'

const extract = createExtractor(extractConfig.parse({}))

/** The values that an alert with this body gives for a path. */
function valuesIn(body: Record<string, unknown>): (path: string) => readonly unknown[] {
  const facts = patternFacts(body, extract(alertOf(body)).observables)
  return (path) => facts.get(path) ?? []
}

const MD5 = '79054025255fb1a26e4bc422aef54eb4'

describe('what a finding of Wazuh 5 tells for patterns', () => {
  it('of a process, its file, its connection and its user', () => {
    const values = valuesIn({
      destination: { ip: '203.0.113.66', address: '203.0.113.66', port: 443 },
      event: { original: '{"uid":"7","path":"/x"}' },
      file: {
        path: 'C:\\Users\\bob\\drop.dll',
        directory: 'C:\\Users\\bob',
        size: 2918,
        uid: '0',
        hash: { md5: MD5 },
      },
      host: { ip: ['10.1.2.3'], name: 'ws' },
      http: { request: { method: 'GET' } },
      log: { file: { path: '/var/log/x' } },
      network: { protocol: 'https', transport: 'tcp' },
      process: {
        executable: 'C:\\Users\\bob\\Evil.exe',
        command_line: 'Evil.exe -x',
        pid: 4711,
        working_directory: 'C:\\Users\\bob\\',
        parent: { executable: 'C:\\Windows\\explorer.exe', command_line: 'explorer.exe', pid: 3340 },
      },
      registry: { path: 'HKLM\\Software\\Run\\evil', value: 'evil', data: { strings: ['c:\\x.exe'] } },
      related: { ip: ['10.1.2.3', '203.0.113.66', '203.0.113.67'] },
      source: { ip: '10.1.2.3', port: 50123 },
      url: { domain: 'evil.example.com', path: '/a', original: '/a?b' },
      user: { name: 'bob', id: 'S-1-5', full_name: 'Bob' },
      user_agent: { original: 'curl/8' },
      wazuh: { agent: { id: '006', name: 'ws', host: { ip: ['10.1.2.3'] } }, rule: { title: 'x' } },
    })
    const told: readonly (readonly [path: string, values: readonly string[]])[] = [
      ['file:name', ['drop.dll', 'Evil.exe', 'explorer.exe']],
      ['file:size', ['2918']],
      ['file:hashes.md5', [MD5]],
      ['file:parent_directory_ref.path', ['C:\\Users\\bob', 'C:\\Users\\bob', 'C:\\Windows']],
      ['process:name', ['Evil.exe']],
      ['process:parent_ref.image_ref.name', ['explorer.exe']],
      ['process:command_line', ['Evil.exe -x']],
      ['process:parent_ref.command_line', ['explorer.exe']],
      ['process:pid', ['4711']],
      ['process:parent_ref.pid', ['3340']],
      ['process:cwd', ['C:\\Users\\bob\\']],
      // Which end the third address is at is told nowhere.
      ['network-traffic:dst_ref.value', ['203.0.113.66', 'evil.example.com', '203.0.113.67']],
      ['network-traffic:src_ref.value', ['10.1.2.3', 'evil.example.com', '203.0.113.67']],
      ['network-traffic:dst_port', ['443']],
      ['network-traffic:src_port', ['50123']],
      ['network-traffic:protocols', ['https', 'tcp']],
      ['network-traffic:extensions.http-request-ext.request_method', ['GET']],
      ['network-traffic:extensions.http-request-ext.request_value', ['/a', '/a?b']],
      ['network-traffic:extensions.http-request-ext.request_header.host', ['evil.example.com']],
      ['user-agent:value', ['curl/8']],
      ['user-account:account_login', ['bob']],
      ['user-account:user_id', ['S-1-5']],
      ['user-account:display_name', ['Bob']],
      [
        'windows-registry-key:key',
        ['HKEY_LOCAL_MACHINE\\Software\\Run\\evil', 'HKEY_LOCAL_MACHINE\\Software\\Run'],
      ],
      ['windows-registry-key:values.name', ['evil']],
      ['windows-registry-key:values.data', ['c:\\x.exe']],
    ]
    for (const [path, expected] of told) expect([path, values(path)]).toEqual([path, expected])
  })

  it('of a message, of an answer of the DNS, of a certificate', () => {
    const values = valuesIn({
      dns: { question: { name: 'c2.evil.com' }, answers: [{ data: '203.0.113.66', name: 'c2.evil.com' }] },
      email: {
        from: { address: 'a@evil.com' },
        to: { address: ['b@victim.com'] },
        cc: { address: ['c@victim.com'] },
        subject: 'Invoice',
      },
      tls: {
        server: {
          subject: 'CN=evil',
          issuer: 'CN=ca',
          hash: { sha1: 'A5DE' },
          x509: { serial_number: '05:0E' },
        },
      },
      wazuh: {},
    })
    const told: readonly (readonly [path: string, values: readonly string[]])[] = [
      ['domain-name:resolves_to_refs.value', ['203.0.113.66']],
      ['email-message:from_ref.value', ['a@evil.com']],
      ['email-message:to_refs.value', ['b@victim.com', 'c@victim.com']],
      ['email-message:cc_refs.value', ['c@victim.com']],
      ['email-message:subject', ['Invoice']],
      ['x509-certificate:subject', ['CN=evil']],
      ['x509-certificate:issuer', ['CN=ca']],
      ['x509-certificate:serial_number', ['050E']],
      ['x509-certificate:hashes.sha-1', ['A5DE']],
    ]
    for (const [path, expected] of told) expect([path, values(path)]).toEqual([path, expected])
  })
})

describe('what an alert tells for patterns', () => {
  it('of Sysmon', () => {
    const values = valuesIn({
      data: {
        win: {
          eventdata: {
            image: 'C:\\Users\\bob\\Evil.exe',
            parentImage: 'C:\\Windows\\explorer.exe',
            commandLine: 'Evil.exe -x',
            parentCommandLine: 'explorer.exe',
            currentDirectory: 'C:\\Users\\bob\\',
            processId: 4711,
            hashes: `MD5=${MD5.toUpperCase()}`,
            destinationIp: '203.0.113.66',
            destinationPort: '443',
            sourceIp: '10.1.2.3',
            sourcePort: '50123',
            protocol: 'tcp',
            user: 'CORP\\bob',
            targetObject: 'HKLM\\Software\\Run\\evil',
          },
        },
      },
    })
    const told: readonly (readonly [path: string, values: readonly string[]])[] = [
      ['file:name', ['Evil.exe', 'explorer.exe']],
      ['file:hashes.md5', [MD5]],
      ['file:parent_directory_ref.path', ['C:\\Users\\bob', 'C:\\Windows']],
      ['process:name', ['Evil.exe']],
      ['process:parent_ref.image_ref.name', ['explorer.exe']],
      ['process:command_line', ['Evil.exe -x']],
      ['process:parent_ref.command_line', ['explorer.exe']],
      ['process:cwd', ['C:\\Users\\bob\\']],
      ['process:pid', ['4711']],
      ['ipv4-addr:value', ['10.1.2.3', '203.0.113.66']],
      ['network-traffic:dst_ref.value', ['203.0.113.66']],
      ['network-traffic:dst_ref.type', ['ipv4-addr']],
      ['network-traffic:src_ref.value', ['10.1.2.3']],
      ['network-traffic:dst_port', ['443']],
      ['network-traffic:src_port', ['50123']],
      ['network-traffic:protocols', ['tcp']],
      ['user-account:account_login', ['CORP\\bob']],
      [
        'windows-registry-key:key',
        ['HKEY_LOCAL_MACHINE\\Software\\Run\\evil', 'HKEY_LOCAL_MACHINE\\Software\\Run'],
      ],
      ['windows-registry-key:values.name', ['evil']],
      ['mutex:name', []],
    ]
    for (const [path, expected] of told)
      expect([path, new Set(values(path))]).toEqual([path, new Set(expected)])
  })

  it('of Suricata', () => {
    const values = valuesIn({
      data: {
        src_ip: '10.1.2.3',
        dest_ip: '203.0.113.66',
        dest_port: '80',
        proto: 'TCP',
        http: { hostname: 'evil.example.com', url: '/a', http_user_agent: 'curl/8', http_method: 'GET' },
        tls: { subject: 'CN=evil', issuerdn: 'CN=ca', serial: '0A:0B', fingerprint: 'aa:bb' },
        fileinfo: { filename: '/tmp/a.bin', size: 12 },
        dns: { answers: [{ rdata: '198.51.100.9' }] },
      },
    })
    expect(values('network-traffic:extensions.http-request-ext.request_header.user-agent')).toEqual([
      'curl/8',
    ])
    expect(values('user-agent:value')).toEqual(['curl/8'])
    expect(values('network-traffic:dst_ref.value')).not.toContain('10.1.2.3')
    expect(values('url:value')).toEqual(['http://evil.example.com/a'])
    expect(values('domain-name:value')).toEqual(['evil.example.com'])
    expect(values('domain-name:resolves_to_refs.value')).toEqual(['198.51.100.9'])
    expect(values('x509-certificate:serial_number')).toEqual(['0A0B'])
    expect(values('x509-certificate:subject')).toEqual(['CN=evil'])
    expect(values('email-message:subject')).toEqual([])
    expect(values('file:name')).toEqual(['a.bin'])
    expect(values('file:size')).toEqual(['12'])
  })

  it('of both ends, where an address stands in a field of one and elsewhere', () => {
    const values = valuesIn({
      data: { srcip: '203.0.113.66', dstip: '10.1.2.3', note: '203.0.113.66 again' },
    })
    expect(values('network-traffic:src_ref.value')).toEqual(['203.0.113.66'])
    expect(values('network-traffic:dst_ref.value')).toEqual(['203.0.113.66', '10.1.2.3'])
    expect(values('network-traffic:dst_ref.type')).toEqual(['ipv4-addr'])
  })

  it('of e-mail', () => {
    const values = valuesIn({
      data: {
        from: 'A@evil.example.com',
        to: ['b@example.org', 'c@example.org'],
        subject: 'Hello',
        note: 'd@example.net',
      },
    })
    expect(values('email-message:from_ref.value')).toEqual(['a@evil.example.com', 'd@example.net'])
    expect(values('email-message:to_refs.value')).toEqual(['b@example.org', 'c@example.org'])
    expect(values('email-message:subject')).toEqual(['Hello'])
    expect(values('email-addr:value')).toHaveLength(4)
  })

  it('of file integrity', () => {
    const values = valuesIn({ syscheck: { path: '/etc/cron.d/x', size_after: '7', md5_after: MD5 } })
    expect(values('file:name')).toEqual(['x'])
    expect(values('directory:path')).toEqual(['/etc/cron.d'])
    expect(values('windows-registry-key:key')).toEqual([])
    expect(valuesIn({ syscheck: { path: 'HKEY_LOCAL_MACHINE\\Run' } })('windows-registry-key:key')).toContain(
      'HKEY_LOCAL_MACHINE\\Run',
    )
  })

  it('is nothing of Wazuh’s own side', () => {
    const values = valuesIn({
      rule: { filename: 'a' },
      agent: { user: 'b' },
      data: { win: { system: { processID: '4' }, eventdata: { processId: '5' } } },
    })
    expect(['file:name', 'user-account:account_login', 'process:pid'].map(values)).toEqual([[], [], ['5']])
  })

  it('is found through anything an alert may be', () => {
    let deep: Record<string, unknown> = { filename: 'deep' }
    for (let level = 0; level < 5000; level++) deep = { a: deep }
    const values = valuesIn({
      data: {
        deep,
        filename: [null, true, 5, ['a', { filename: 'b' }], ''],
        ['x'.repeat(1000)]: { filename: 'long' },
        __proto__: { filename: 'c' },
        constructor: 'd',
      },
    })
    expect(values('file:name')).toEqual(['true', '5', 'a', 'b'])
    expect(values('constructor')).toEqual([])
  })

  it('is worked out when it is asked for, and once', () => {
    let reads = 0
    const body = {
      get data() {
        reads += 1
        return { filename: 'a' }
      },
    }
    const facts = patternFacts(body, [])
    expect(facts.get('url:value')).toEqual([])
    expect(reads).toBe(0)
    for (let time = 0; time < 3; time++) expect(facts.get('file:name')).toEqual(['a'])
    expect(reads).toBe(1)
  })
})

it('has fields for each property that counts as told, and for no others', () => {
  const observed = /_refs?\.(?:value|type)$/
  const paths = new Set<string>(PATTERN_FIELDS.flatMap((each) => each.paths))
  const ofWazuh5 = WCS_PATTERN_FIELDS.flatMap((each) => each.paths)
  expect([...paths, ...ofWazuh5].filter((path) => !isToldPath(path))).toEqual([])
  expect(Object.keys(FACT_PATHS).filter((path) => !paths.has(path) && !observed.test(path))).toEqual([])
})
