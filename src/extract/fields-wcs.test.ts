import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertOf } from '../../test/support/alerts.ts'
import { extractConfig } from './config.ts'
import { createExtractor } from './extract.ts'
import { createLoopGuard } from './loop-guard.ts'
import { patternFacts } from './pattern-facts.ts'

const MD5 = '9e107d9d372bb6826bd81d3542a419d6'
const SHA1 = '2fd4e1c67a2d28fced849ee1bb76e7391b93eb12'
const SHA256 = 'd7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592'
const SHA512 =
  '07e547d9586f6a73f73fbac0435ed76951218fb7d0c8d788a309d785436bbb642e93a252a954f23912547d1e8a3b5ed6e1bfd7097821233fa0538f3db854fee6'
const PRODUCT = { agent: { id: '006', name: 'web-01', host: { ip: ['9.9.9.1'] } } }
const extract = createExtractor(extractConfig.parse({}))
const guard = createLoopGuard([])

/** What is found in a document of Wazuh 5 with these fields: type, value, where. */
function found(fields: Record<string, unknown>, wazuh: Record<string, unknown> = PRODUCT): string[] {
  return extract(alertOf({ ...fields, wazuh })).observables.map(({ type, value, where }) =>
    [type, value, ...where].join(' '),
  )
}

/** An object with this value at a dotted path. */
function at(path: string, value: unknown): Record<string, unknown> {
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Record<
    string,
    unknown
  >
}

function words(text: string): readonly string[] {
  return text.split(' ')
}

function ofEnds(names: string): readonly string[] {
  return words('client server source destination').flatMap((end) =>
    words(names).map((name) => `${end}.${name}`),
  )
}

describe('fields of the Wazuh Common Schema', () => {
  it.each<[type: string, value: string, paths: readonly string[]]>([
    [
      'ipv4',
      '9.9.9.9',
      [
        ...ofEnds('ip nat.ip address domain'),
        ...words('dns.resolved_ip dns.answers.data network.forwarded_ip related.ip related.hosts url.domain'),
        ...words('process.entry_leader.entry_meta.source.ip process.command_line message'),
      ],
    ],
    [
      'domain',
      'c2.evil.com',
      [
        ...ofEnds('domain address'),
        ...words('dns.question.name dns.answers.name dns.answers.data tls.client.server_name url.domain'),
        ...words('tls.server.x509.alternative_names tls.server.x509.subject.common_name related.hosts'),
        ...words('process.command_line'),
      ],
    ],
    [
      'email',
      'bill@evil.com',
      [
        ...words('from sender reply_to to cc bcc').map((who) => `email.${who}.address`),
        ...words('user.email user.name source.user.email client.user.name related.user'),
      ],
    ],
    ['md5', MD5, words('file.hash.md5 process.hash.md5 dll.hash.md5 related.hash tls.client.ja3')],
    ['sha1', SHA1, words('file.hash.sha1 process.parent.hash.sha1 email.attachments.file.hash.sha1')],
    ['sha256', SHA256, words('file.hash.sha256 process.hash.sha256 related.hash package.checksum')],
    ['sha512', SHA512, words('file.hash.sha512 process.hash.sha512 related.hash')],
  ])('give %s %s', (type, value, paths) => {
    for (const path of paths) {
      expect(found(at(path, value))).toEqual([`${type} ${value} ${path}`])
      expect(found(at(path, [value]))).toEqual([`${type} ${value} ${path}[]`])
    }
  })

  it.each(['url.full', 'url.original', 'http.request.referrer', 'file.origin_url'])(
    'give a URL at %s, and its host',
    (path) => {
      expect(found(at(path, 'http://evil.com/a'))).toEqual([
        `url http://evil.com/a ${path}`,
        `domain evil.com ${path}`,
      ])
    },
  )

  it('join host, path and query to a URL where no field has it as a whole', () => {
    const url = { domain: 'evil.com', path: '/a', query: 'b=1', scheme: 'https', port: 8443 }
    expect(found({ url })).toContain('url https://evil.com:8443/a?b=1 url.path url.domain')
    expect(found({ url: { ...url, full: 'https://evil.com:8443/a?b=1' } })).not.toContainEqual(
      expect.stringContaining('url.path'),
    )
    expect(found({ url: { domain: 'evil.com', original: '/a?c' } })).toContain(
      'url http://evil.com/a?c url.original url.domain',
    )
  })

  it.each<[string, Record<string, unknown>]>([
    ['who tells', { host: { ip: ['9.9.9.9'], hostname: 'ws.evil.com', name: 'ws.evil.com' } }],
    ['what forwards', { observer: { ip: ['9.9.9.9'], hostname: 'fw.evil.com', version: '16.0.5.1' } }],
    ['intelligence of others', { threat: { enrichments: [{ indicator: { ip: '9.9.9.9' } }] } }],
    ['user agents', { user_agent: { original: 'Mozilla/5.0 (X11; rv:72.0) evil.com' } }],
    ['the cloud, containers and services', { cloud: { provider: 'evil.com' }, container: { id: SHA256 } }],
    ['registered domains of names beside them', { dns: { question: { registered_domain: 'evil.com' } } }],
    ['the log file and tags', { log: { file: { path: 'evil.com' } }, tags: ['9.9.9.9'] }],
    ['rules of the source', { rule: { name: 'evil.com', reference: 'http://evil.com/r' } }],
    [
      'references',
      { vulnerability: { reference: 'https://nvd.nist.gov/x' }, event: { url: 'http://evil.com/' } },
    ],
    ['files', { file: { name: 'setup.com', path: 'C:\\a\\cmd.com', extension: 'com' } }],
    [
      'digests of other things',
      {
        file: { pe: { imphash: MD5 }, hash: { ssdeep: '3:x:y' } },
        tls: { server: { hash: { sha1: SHA1 } } },
      },
    ],
    ['who signed a file', { file: { x509: { subject: { common_name: 'evil.com' } } } }],
    ['message ids', { email: { message_id: '<20260309.7b1@evil.com>' } }],
  ])('not: %s', (_, fields) => expect(found(fields)).toEqual([]))

  it('not: what Wazuh says of itself', () => {
    const enrichment = { indicator: { file: { hash: { md5: MD5 } } }, matched: { atomic: MD5 } }
    expect(
      found(
        {},
        {
          agent: { id: '006', name: 'web.evil.com', host: { ip: ['9.9.9.9'], hostname: 'web.evil.com' } },
          cluster: { name: 'evil.com', node: 'n.evil.com' },
          integration: { name: 'evil.com' },
          rule: { title: 'SSH from 9.9.9.9', id: MD5 },
          threat: { enrichments: [enrichment] },
        },
      ),
    ).toEqual([])
  })
})

describe('related', () => {
  it('is searched last, and gives what only it names', () => {
    expect(found({ related: { ip: ['9.9.9.9'] }, source: { ip: '9.9.9.9' } })).toEqual([
      'ipv4 9.9.9.9 source.ip related.ip[]',
    ])
    expect(found({ related: { ip: ['9.9.9.9'] } })).toEqual(['ipv4 9.9.9.9 related.ip[]'])
  })

  it('does not give the own side', () => {
    const own = { ip: ['9.9.9.1', '9.9.9.2', '2606:4700::1'], hosts: ['WS.evil.com'], hash: [SHA256, MD5] }
    const fields = {
      host: { ip: ['9.9.9.2', '2606:4700:0:0::1'], hostname: 'ws.evil.com' },
      container: { image: { hash: { all: [`sha256:${SHA256}`] } } },
      file: { pe: { imphash: MD5.toUpperCase() } },
      related: own,
    }
    expect(found(fields)).toEqual([])
    // Met elsewhere, it is an observable like any other.
    expect(found({ ...fields, destination: { ip: '9.9.9.1' } })).toEqual([
      'ipv4 9.9.9.1 destination.ip related.ip[]',
    ])
  })
})

describe('the log as it was', () => {
  it('is read by field like data of 4.x when it is JSON, after the fields made of it', () => {
    const original = JSON.stringify({
      sourceIPAddress: '9.9.9.9',
      eventSource: 's3.amazonaws.com',
      aws: { id: MD5 },
    })
    expect(found({ event: { original }, source: { ip: '9.9.9.9' } })).toEqual([
      'ipv4 9.9.9.9 source.ip event.original.sourceIPAddress',
    ])
  })

  it('obeys own fields of either name', () => {
    const original = JSON.stringify({ my: { client: '9.9.9.9', noise: '8.8.4.4', note: '8.8.8.8' } })
    for (const base of ['data', 'event.original']) {
      const own = createExtractor(
        extractConfig.parse({
          fields: { [`${base}.my.Client`]: 'ip', [`${base}.my.noise`]: 'ignore' },
          freeText: false,
        }),
      )
      const { observables } = own(alertOf({ event: { original }, wazuh: PRODUCT }))
      expect(observables.map(({ value }) => value)).toEqual(['9.9.9.9'])
    }
  })

  it('is searched as text when it is not, without the names of XML schemas', () => {
    const xml =
      '<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><Data>http://evil.com/a</Data></Event>'
    expect(found({ event: { original: xml } })).toEqual([
      'url http://evil.com/a event.original',
      'domain evil.com event.original',
    ])
    expect(found({ event: { original: '{"torn": "9.9.9.9' } })).toEqual(['ipv4 9.9.9.9 event.original'])
  })
})

function nested(levels: number): string {
  return `${'{"d":'.repeat(levels)}"9.9.9.9"${'}'.repeat(levels)}`
}

it('is found in anything a document may be', () => {
  const name = fc.constantFrom(
    ...words(
      'event original related ip hosts hash url domain path port query host source dns answers data file',
    ),
  )
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue(),
      fc.constant('9.9.9.9'),
      fc.dictionary(name, tie('value')),
    ),
  }))
  fc.assert(
    fc.property(fc.dictionary(name, value), value, (fields, wazuh) => {
      const body = JSON.parse(JSON.stringify({ ...fields, wazuh: { wazuh } })) as Record<string, unknown>
      const { observables } = extract(alertOf(body))
      expect(patternFacts(body, observables).get('file:name')).toBeDefined()
      expect(guard.isOwn(alertOf(body))).toBe(false)
    }),
    { numRuns: 50 },
  )
})

describe('bounds of 4.x', () => {
  it('hold: observables, depth, paths, places', () => {
    const small = createExtractor(extractConfig.parse({ maxObservables: 10 }))
    const many = Array.from({ length: 50 }, (_, index) => `9.9.9.${index}`)
    for (const fields of [
      { related: { ip: many } },
      { event: { original: JSON.stringify({ srcip: many }) } },
    ]) {
      const { observables, dropped } = small(alertOf({ ...fields, wazuh: {} }))
      expect([observables.length, dropped]).toEqual([10, 40])
    }
    expect(found({ event: { original: nested(200) } })).toHaveLength(1)
    expect(found({ event: { original: nested(2000) } })).toEqual([])
    expect(found({ event: { original: nested(20_000) } }).length).toBeLessThanOrEqual(1)
    const keys = Object.fromEntries(Array.from({ length: 30_000 }, (_, index) => [`k${index}`, '9.9.9.9']))
    const { observables } = extract(alertOf({ event: { original: JSON.stringify(keys) }, wazuh: PRODUCT }))
    expect(observables[0]?.where.length).toBe(256)
  })
})
