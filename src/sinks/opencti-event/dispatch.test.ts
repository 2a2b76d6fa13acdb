import { describe, expect, it } from 'vitest'
import { alertOf } from '../../../test/support/alerts.ts'
import { dispatch } from './dispatch.ts'
import { DISPATCH } from './dispatch-table.ts'

const SHA256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f'
const HASH = { key: 'hashes.SHA256', values: [SHA256], patterns: [`[file:hashes.'SHA-256' = '${SHA256}']`] }

const alertIn = (groups: readonly string[], body: Record<string, unknown>) =>
  alertOf({ rule: { id: '1', level: 3, groups }, ...body })
const windows = (eventdata: Record<string, unknown>) => ({ data: { win: { eventdata } } })
const ip = (value: string) => ({
  key: 'value',
  values: [value],
  patterns: [`[ipv4-addr:value = '${value}']`],
})

/** One example for each row, as the page of the contract lists them. */
const ROWS: Readonly<
  Record<string, readonly [groups: string[], body: Record<string, unknown>, query: object]>
> = {
  'sysmon-hash': [['windows', 'sysmon_eid1_detections'], windows({ hashes: `MD5=0,SHA256=${SHA256}` }), HASH],
  'sysmon-network': [['sysmon_event3'], windows({ destinationIp: '11.22.33.44' }), ip('11.22.33.44')],
  ids: [['ids', 'suricata'], { data: { src_ip: '10.0.0.1', dest_ip: '11.22.33.44' } }, ip('11.22.33.44')],
  'sysmon-dns': [
    ['sysmon_event_22'],
    windows({
      queryName: 'Evil.Example.net',
      queryResults: 'type:  5 cdn.example.net;::ffff:11.22.33.44;10.0.0.1;2a00:1450:4001:0:0:0:0:8;',
    }),
    {
      key: 'value',
      values: ['Evil.Example.net', '11.22.33.44', '2a00:1450:4001::8'],
      patterns: [
        "[domain-name:value = 'Evil.Example.net']",
        "[hostname:value = 'Evil.Example.net']",
        "[ipv4-addr:value = '11.22.33.44']",
        "[ipv6-addr:value = '2a00:1450:4001::8']",
      ],
    },
  ],
  syscheck: [
    ['ossec', 'syscheck', 'syscheck_entry_added', 'syscheck_file'],
    { syscheck: { path: '/x', sha256_after: SHA256 } },
    HASH,
  ],
  osquery: [['osquery'], { data: { osquery: { columns: { sha256: SHA256 } } } }, HASH],
  'audit-command': [
    ['audit', 'audit_command'],
    { data: { audit: { execve: { a0: 'curl', a1: "http://evil.example.net/it's", a2: '-o' } } } },
    {
      key: 'value',
      values: ["http://evil.example.net/it's"],
      patterns: [String.raw`[url:value = 'http://evil.example.net/it\'s']`],
    },
  ],
}

describe('each row of the dispatch table', () => {
  it.each(DISPATCH.map(({ name }) => name))('%s', (name) => {
    const [groups, body, query] = ROWS[name] ?? [[], {}, {}]
    expect(dispatch(alertIn(groups, body))).toEqual(query)
  })

  it.each([
    ['sysmon_eid1_detections', true],
    ['sysmon_event1', true],
    ['sysmon_event_1', true],
    ['sysmon_event_7', true],
    ['sysmon_eid6_detections', true],
    ['sysmon_event_15', true],
    ['sysmon_eid25_detections', true],
    ['sysmon_process-anomalies', true],
    // Open at the end: events 10 to 19, and 255.
    ['sysmon_eid11_detections', true],
    ['sysmon_event_255', true],
    ['sysmon_eid2', false],
    ['sysmon_eid3_detections', false],
    ['my_sysmon_eid1', false],
    ['sysmon', false],
    ['web', false],
  ])('of hashes, group %s: %s', (group, isOne) => {
    const query = dispatch(alertIn([group], windows({ hashes: `SHA256=${SHA256}` })))
    expect(query).toEqual(isOne ? HASH : undefined)
  })

  it.each([
    ['sysmon_event3', true],
    ['sysmon_eid3_detections', true],
    ['sysmon_event_3', false],
  ])('of connections, group %s: %s', (group, isOne) => {
    const query = dispatch(alertIn([group], windows({ destinationIp: '11.22.33.44' })))
    expect(query !== undefined).toBe(isOne)
  })

  it.each([
    ['sysmon_event_22', true],
    ['sysmon_eid22_detections', true],
    ['sysmon_event22', false],
  ])('of names, group %s: %s', (group, isOne) => {
    const query = dispatch(alertIn([group], windows({ queryName: 'a.example', queryResults: '-' })))
    expect(query?.values).toEqual(isOne ? ['a.example'] : undefined)
  })

  it.each([
    [['syscheck_file', 'syscheck_entry_modified'], true],
    [['syscheck_file', 'syscheck_entry_deleted'], false],
    [['syscheck_registry', 'syscheck_entry_added'], false],
    [['syscheck_entry_added'], false],
  ])('of files, groups %j: %s', (groups, isOne) => {
    const query = dispatch(alertIn(groups, { syscheck: { sha256_after: SHA256 } }))
    expect(query).toEqual(isOne ? HASH : undefined)
  })

  it('is the only one, by the order of the table, whatever it finds', () => {
    const audit = { audit: { execve: { a1: 'http://evil.example.net/' } } }
    expect(dispatch(alertIn(['audit_command'], { data: audit }))?.values).toHaveLength(1)
    expect(dispatch(alertIn(['audit_command', 'sysmon_eid1_detections'], { data: audit }))).toBeUndefined()
    const both = {
      data: { dest_ip: '11.22.33.44', win: { eventdata: { queryName: 'a', queryResults: '' } } },
    }
    expect(dispatch(alertIn(['sysmon_eid22_detections', 'ids'], both))).toEqual(ip('11.22.33.44'))
  })
})

describe('values', () => {
  it('of a hash keep their case', () => {
    const hashes = `SHA1=${'a'.repeat(40)},SHA256=${SHA256.toUpperCase()}`
    expect(dispatch(alertIn(['sysmon_eid1'], windows({ hashes })))?.values).toEqual([SHA256.toUpperCase()])
  })

  it.each([
    [{ dest_ip: '10.0.0.2', src_ip: '11.22.33.44' }, '11.22.33.44'],
    [{ dstip: '11.22.33.44', srcip: '12.22.33.44' }, '11.22.33.44'],
    // dest_ip stands before dstip, though it is private.
    [{ dest_ip: '10.0.0.2', dstip: '11.22.33.44', srcip: '12.22.33.44' }, '12.22.33.44'],
    // Where the script ended with a trace: nothing to ask.
    [{ src_ip: '10.0.0.1', dest_ip: '10.0.0.2' }, undefined],
    [{ dest_ip: 'no address', src_ip: 7 }, undefined],
    [{ dest_ip: '239.255.255.250' }, undefined],
  ])('of two addresses %j: %s', (data, value) => {
    expect(dispatch(alertIn(['ids'], { data }))?.values).toEqual(value && [value])
  })

  it('of Packetbeat are the name and the public addresses of A and AAAA records', () => {
    const answers = [
      { type: 'CNAME', data: 'cdn.example.net' },
      { type: 'A', data: '11.22.33.44' },
      { type: 'A', data: '10.0.0.1' },
      { type: 'AAAA', data: '2a00:1450:4001::8' },
      { type: 'A' },
      'A',
    ]
    const dns = { question: { name: 'evil.example.net' }, answers }
    const values = ['evil.example.net', '11.22.33.44', '2a00:1450:4001::8']
    expect(dispatch(alertIn(['ids'], { data: { method: 'QUERY', dns } }))?.values).toEqual(values)
    const nameless = { method: 'QUERY', dns: { answers }, dest_ip: '11.22.33.44' }
    expect(dispatch(alertIn(['ids'], { data: nameless }))).toBeUndefined()
  })

  it.each([
    ['missing', undefined, undefined],
    ['empty', '', ['a.example']],
    ['a dash', '-', ['a.example']],
    ['with a name among the addresses', '11.22.33.44;cdn.example', ['a.example']],
  ])('of DNS results that are %s', (_, queryResults, values) => {
    const query = dispatch(alertIn(['sysmon_eid22'], windows({ queryName: 'a.example', queryResults })))
    expect(query?.values).toEqual(values)
  })

  it('of a command are all arguments that begin with http, in their order', () => {
    const execve = { a10: 'http://ten.example/', a9: 'https://nine.example/', a1: 'ftp://no.example/', a2: 7 }
    expect(dispatch(alertIn(['audit_command'], { data: { audit: { execve } } }))?.values).toEqual([
      'https://nine.example/',
      'http://ten.example/',
    ])
    expect(dispatch(alertIn(['audit_command'], { data: { audit: { execve: 'x' } } }))).toBeUndefined()
  })

  it('that are missing, or of another kind, are nothing', () => {
    for (const groups of [['sysmon_eid1'], ['sysmon_event3'], ['osquery'], ['ids'], ['sysmon_eid22']]) {
      expect(dispatch(alertIn(groups, {}))).toBeUndefined()
      expect(dispatch(alertIn(groups, { data: 'text' }))).toBeUndefined()
      expect(dispatch(alertIn(groups, { data: { win: [], osquery: 7, dest_ip: {} } }))).toBeUndefined()
    }
  })
})
