import { describe, expect, it } from 'vitest'
import { alertOf } from '../../../test/support/alerts.ts'
import { sourceFields } from './source.ts'

function sourceOf(body: Record<string, unknown>): Record<string, unknown> {
  const alert = alertOf({ id: '1.2', rule: { id: '100' }, ...body })
  return Object.fromEntries(
    Object.entries(sourceFields(alert)).map(([path, leaf]) => [path.replace('opencti.source.', ''), leaf]),
  )
}

const ids = { alert_id: '1.2', rule_id: '100' }

describe('the source of an event', () => {
  it('is the alert and its rule in any case', () => expect(sourceOf({})).toEqual(ids))

  it('of a file has its path and hashes, as many as there are', () => {
    const syscheck = { path: '/etc/x', sha1_after: 'b', sha256_after: 'c', md5_before: 'd', size_after: '7' }
    expect(sourceOf({ syscheck })).toEqual({ ...ids, file: '/etc/x', sha1: 'b', sha256: 'c' })
    expect(sourceOf({ syscheck: { ...syscheck, md5_after: 'a' } })).toMatchObject({ md5: 'a' })
  })

  it.each(
    'in_iface srcintf src_ip srcip src_mac srcmac src_port srcport dest_ip dstip dst_mac dstmac dest_port dstport dstintf proto app_proto'.split(
      ' ',
    ),
  )('has %s of the data', (key) => expect(sourceOf({ data: { [key]: 'x' } })).toEqual({ ...ids, [key]: 'x' }))

  it('of Packetbeat has the name and all answers', () => {
    const answers = [{ type: 'CNAME', data: 'cdn.example' }, { type: 'A', data: '10.0.0.1' }, {}, 7]
    const dns = { question: { name: 'a.example' }, answers }
    expect(sourceOf({ data: { dns } })).toEqual({
      ...ids,
      queryName: 'a.example',
      queryResults: 'cdn.example;10.0.0.1',
    })
  })

  it('of Sysmon has name, results and image as they are', () => {
    const eventdata = { queryName: 'A.example', queryResults: '::ffff:11.22.33.44;', image: 'C:\\\\a.exe' }
    expect(sourceOf({ data: { win: { eventdata: { ...eventdata, hashes: 'x' } } } })).toEqual({
      ...ids,
      ...eventdata,
    })
  })

  it('of auditd has the command, its arguments in the order they were given', () => {
    const words = Array.from({ length: 12 }, (_, number) => [`a${number}`, `w${number}`])
    const execve = Object.fromEntries([...words.toReversed(), ['argc', '12']]) as Record<string, string>
    const audit = { execve, success: 'yes', key: 'k', uid: '1', gid: '2', euid: '3', egid: '4', exe: '/b' }
    const { execve: _, ...plain } = audit
    expect(sourceOf({ data: { audit: { ...audit, exit: '0', pid: '9' } } })).toEqual({
      ...ids,
      ...plain,
      execve: 'w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 12',
      exit: '0',
      pid: '9',
    })
  })

  it('of Suricata has its alert below `alert`', () => {
    const alert = { action: 'allowed', category: 'Trojan', signature: 'ET x', signature_id: '2', gid: '1' }
    expect(sourceOf({ data: { alert } })).toEqual({
      ...ids,
      'alert.action': 'allowed',
      'alert.category': 'Trojan',
      'alert.signature': 'ET x',
      'alert.signature_id': '2',
    })
  })

  it('copies numbers and booleans as they are, and nothing that is no single value', () => {
    const data = {
      src_port: 443,
      proto: true,
      srcip: null,
      dstip: { a: 1 },
      dstport: [1],
      dest_port: 2 ** 40,
    }
    expect(sourceOf({ data })).toEqual({ ...ids, src_port: 443, proto: true, dest_port: '1099511627776' })
    expect(sourceOf({ data: 'x', syscheck: [] })).toEqual(ids)
  })
})
