import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { alertOf, alertWith } from '../../test/support/alerts.ts'
import { extractConfig } from './config.ts'
import { createExtractor } from './extract.ts'

const SHA256 = 'd7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592'
const MD5 = '9e107d9d372bb6826bd81d3542a419d6'
const extract = createExtractor(extractConfig.parse({}))

function found(data: Record<string, unknown>): string[] {
  return extract(alertWith(data)).observables.map(
    ({ type, value, where }) => `${type} ${value} ${where.join(' ')}`,
  )
}

describe('typed fields', () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ['address', { srcip: '9.9.9.9' }, ['ipv4 9.9.9.9 data.srcip']],
    [
      'address with port',
      { office365: { ClientIP: '9.9.9.9:443' } },
      ['ipv4 9.9.9.9 data.office365.ClientIP'],
    ],
    [
      'bracketed IPv6 with port',
      { office365: { ClientIP: '[2606:4700::1]:443' } },
      ['ipv6 2606:4700::1 data.office365.ClientIP'],
    ],
    [
      'mapped IPv4',
      { win: { eventdata: { ipAddress: '::ffff:9.9.9.9' } } },
      ['ipv4 9.9.9.9 data.win.eventdata.ipAddress'],
    ],
    ['list of addresses', { cs5: '9.9.9.9, 8.8.4.4' }, ['ipv4 9.9.9.9 data.cs5', 'ipv4 8.8.4.4 data.cs5']],
    [
      'array of objects',
      { dns: { answers: [{ rdata: '9.9.9.9' }, { rdata: 'evil.com' }] } },
      ['ipv4 9.9.9.9 data.dns.answers[].rdata', 'domain evil.com data.dns.answers[].rdata'],
    ],
    ['string or array alike', { answers: '9.9.9.9' }, ['ipv4 9.9.9.9 data.answers']],
    [
      'trailing dot',
      { gcp: { jsonPayload: { queryName: 'C2.Evil.com.' } } },
      ['domain c2.evil.com data.gcp.jsonPayload.queryName'],
    ],
    ['wildcard certificate name', { scertcname: '*.evil.com' }, ['domain evil.com data.scertcname']],
    [
      'Sysmon hashes',
      {
        win: {
          eventdata: {
            hashes: `MD5=${MD5.toUpperCase()},SHA256=${SHA256.toUpperCase()},IMPHASH=${MD5.toUpperCase()}`,
          },
        },
      },
      [`md5 ${MD5} data.win.eventdata.hashes`, `sha256 ${SHA256} data.win.eventdata.hashes`],
    ],
    [
      'Sysmon query results',
      { win: { eventdata: { queryResults: 'type:  5 a.evil.net;::ffff:9.9.9.9;' } } },
      ['domain a.evil.net data.win.eventdata.queryResults', 'ipv4 9.9.9.9 data.win.eventdata.queryResults'],
    ],
    [
      'mail with display name',
      { email: { from: '"Bill, Ing" <bill@evil.com>' } },
      ['email bill@evil.com data.email.from'],
    ],
    [
      'list of mail addresses',
      { smtp: { rcpt_to: ['<a@evil.com>', 'b@evil.com'] } },
      ['email a@evil.com data.smtp.rcpt_to[]', 'email b@evil.com data.smtp.rcpt_to[]'],
    ],
    [
      'URL without scheme',
      { email: { url: ['evil.com/a/'] } },
      ['domain evil.com data.email.url[]', 'url http://evil.com/a/ data.email.url[]'],
    ],
    ['CONNECT', { url: 'evil.com:443' }, ['domain evil.com data.url']],
    [
      'URL in a path',
      { url: '/i.php?u=http://evil.com/x' },
      ['url http://evil.com/x data.url', 'domain evil.com data.url'],
    ],
    ['fortigate user interface', { ui: 'https(9.9.9.9)' }, ['ipv4 9.9.9.9 data.ui']],
    [
      'any type of value',
      { srcip: { nested: ['9.9.9.9'] }, dstip: null, port: 5, ok: true },
      ['ipv4 9.9.9.9 data.srcip.nested[]'],
    ],
    ['unknown field', { my_app: { note: 'came from 9.9.9.9' } }, ['ipv4 9.9.9.9 data.my_app.note']],
  ])('%s', (_, data, expected) => expect(found(data)).toEqual(expected))

  it.each<[string, Record<string, unknown>]>([
    [
      'versions',
      {
        version: '16.0.5.1',
        win: { eventdata: { fileVersion: '10.0.1.2', attributeSyntaxOID: '2.5.5.12' } },
      },
    ],
    [
      'MAC, serial, fingerprint',
      {
        src_mac: '00:0c:29:fa:f2:ab',
        tls: { serial: '05:0E:8B:A0:21:C3:5F:77', fingerprint: '7b:a1:0c:5b:1e:6d' },
      },
    ],
    [
      'ids',
      {
        aws: { id: MD5, bucket_owner: SHA256, service: { detectorId: MD5 } },
        'ms-graph': { providerAlertId: SHA256 },
      },
    ],
    [
      'container id',
      { docker: { Actor: { ID: SHA256, Attributes: { image: 'nginx', url: 'https://nginx.org' } } } },
    ],
    [
      'services',
      {
        aws: {
          eventSource: 's3.amazonaws.com',
          sourceIPAddress: 'autoscaling.amazonaws.com',
          userAgent: 'x.amazonaws.com',
        },
      },
    ],
    [
      'links',
      {
        virustotal: { permalink: 'https://www.virustotal.com/gui/x' },
        vulnerability: { reference: 'https://nvd.nist.gov/x', assigner: 'cve@mitre.org' },
      },
    ],
    ['message ids', { office365: { InternetMessageId: '<20260309.7b1@evil.com>' } }],
    [
      'service accounts',
      { gcp: { protoPayload: { authenticationInfo: { principalEmail: 'x@p.iam.gserviceaccount.com' } } } },
    ],
    [
      'files',
      { filename: 'eicar.com', path: '/tmp/run.sh', win: { eventdata: { image: 'C:\\\\a\\\\cmd.com' } } },
    ],
    ['redacted', { srcip: 'xxx.xxx.xxx.xxx', dstip: '-', office365: { ClientIP: 'sanitized' } }],
  ])('not: %s', (_, data) => expect(found(data)).toEqual([]))
})

describe('an alert', () => {
  it('keeps every place a value was seen at, once', () => {
    const { observables } = extract(
      alertOf({
        full_log: 'from 9.9.9.9 and 9.9.9.9',
        data: { srcip: '9.9.9.9', hosts: ['9.9.9.9', '9.9.9.9'] },
      }),
    )
    expect(observables).toEqual([
      { type: 'ipv4', value: '9.9.9.9', where: ['data.srcip', 'full_log', 'data.hosts[]'] },
    ])
  })

  it('joins host and path to one URL', () => {
    expect(found({ http: { hostname: 'evil.com', url: '/a.exe' } })).toContain(
      'url http://evil.com/a.exe data.http.url data.http.hostname',
    )
    expect(found({ ClientRequestHost: 'evil.com', ClientRequestURI: '/a' })).toContain(
      'url https://evil.com/a data.ClientRequestURI data.ClientRequestHost',
    )
    expect(found({ hostname: 'evil.com', url: '/', service: 'HTTPS' })).toContain(
      'url https://evil.com/ data.url data.hostname',
    )
  })

  it('marks the host of a URL as derived unless it is named elsewhere', () => {
    const derived = extract(alertWith({ url: 'http://evil.com/x' })).observables.find(
      ({ type }) => type === 'domain',
    )
    const named = extract(alertWith({ url: 'http://evil.com/x', query: 'evil.com' })).observables.find(
      ({ type }) => type === 'domain',
    )
    expect([derived?.derived, named?.derived]).toEqual([true, undefined])
  })

  it('keeps report links out of the raw log, too', () => {
    const ref = 'http://www.vendor.com/ids/VID1'
    const { observables } = extract(alertOf({ full_log: `attack ref="${ref}" src=9.9.9.9`, data: { ref } }))
    expect(observables.map(({ value }) => value)).toEqual(['9.9.9.9'])
  })

  it('does not read a JSON log twice, nor what Wazuh says about itself', () => {
    const { observables } = extract(
      alertOf({
        rule: { description: 'seen 9.9.9.9' },
        agent: { ip: '9.9.9.8' },
        manager: { name: 'evil.com' },
        full_log: JSON.stringify({ permalink: 'https://report.com/x' }),
        data: { permalink: 'https://report.com/x' },
      }),
    )
    expect(observables).toEqual([])
  })

  it('finds FIM digests and addresses in a diff', () => {
    const { observables } = extract(
      alertOf({ syscheck: { path: '/etc/hosts', sha256_after: SHA256, diff: '> 9.9.9.9 evil.com\n' } }),
    )
    expect(observables.map(({ value }) => value)).toEqual([SHA256, '9.9.9.9', 'evil.com'])
  })

  it('obeys own fields, without case, and ignores what it is told to', () => {
    const own = createExtractor(
      extractConfig.parse({ fields: { 'data.my.Client': 'ip', 'data.noise': 'ignore' }, freeText: false }),
    )
    const alert = alertWith({
      my: { client: '9.9.9.9' },
      noise: '8.8.4.4',
      other: '8.8.8.8',
      srcip: '1.0.0.1',
    })
    expect(own(alert).observables.map(({ value }) => value)).toEqual(['9.9.9.9', '1.0.0.1'])
  })

  it('bounds what one alert can cost', () => {
    const small = createExtractor(extractConfig.parse({ maxObservables: 10 }))
    const many = Array.from({ length: 50 }, (_, index) => `9.9.9.${index}`)
    const { observables, dropped } = small(alertWith({ hosts: many }))
    expect([observables.length, dropped]).toEqual([10, 40])
  })

  it('survives hostile bodies', () => {
    let deep: unknown = '9.9.9.9'
    for (let depth = 0; depth < 2000; depth++) deep = { d: deep }
    const body = JSON.parse(
      `{"data":{"__proto__":{"srcip":"9.9.9.1"},"constructor":{"srcip":"9.9.9.2"},"":"9.9.9.3"}}`,
    ) as Record<string, unknown>
    expect(extract(alertWith({ deep })).observables).toEqual([])
    expect(extract(alertOf(body)).observables.map(({ value }) => value)).toEqual([
      '9.9.9.1',
      '9.9.9.2',
      '9.9.9.3',
    ])
    const keys = Object.fromEntries(Array.from({ length: 30_000 }, (_, index) => [`k${index}`, '9.9.9.9']))
    expect(extract(alertWith(keys)).observables[0]?.where.length).toBe(256)
  })
})

const SHARED = new URL('../../../shared/data/', import.meta.url)
const samples = ['alerts/alerts-samples.jsonl', 'wazuh-recorded/alerts-real.jsonl'].map(
  (name) => new URL(name, SHARED),
)
if (!samples.every((file) => existsSync(file)))
  process.stderr.write('SKIPPED: the recorded alerts are not here\n')

/** Read only when the tests run: a skipped suite is still collected. */
function bodies(): Record<string, unknown>[] {
  return samples.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  )
}

describe.skipIf(!samples.every((file) => existsSync(file)))('recorded alerts', () => {
  it('gives every address that a plain address field holds', () => {
    const all = bodies()
    expect(all.length).toBeGreaterThan(3400)
    for (const body of all) {
      const srcip = (body['data'] as Record<string, unknown> | undefined)?.['srcip']
      if (typeof srcip !== 'string' || !/^\d+\.\d+\.\d+\.\d+$/.test(srcip) || /(?:^|\.)0\d/.test(srcip))
        continue
      expect(extract(alertOf(body)).observables.map(({ value }) => value)).toContain(srcip)
    }
  })
  it('never takes a value from a look-alike field alone', () => {
    const lookAlike =
      /serial|fingerprint|version|mac$|permalink|reference|assigner|bucket_owner|detectorid|providerguid/i
    for (const body of bodies()) {
      for (const { value, where } of extract(alertOf(body)).observables) {
        expect(
          where.every((path) => lookAlike.test(path.slice(path.lastIndexOf('.') + 1))),
          `${value} at ${where.join()}`,
        ).toBe(false)
      }
    }
  })
})
