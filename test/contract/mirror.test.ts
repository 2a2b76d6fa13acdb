import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Indicator } from '../../src/core/indicator.ts'
import type { ObservableType } from '../../src/core/observable.ts'
import type { BodyStore } from '../../src/intel/mirror/bodies.ts'
import { openLmdbBodies } from '../../src/intel/mirror/lmdb-bodies.ts'
import { createMemoryBodies } from '../support/memory-bodies.ts'
import { createMirror, type Mirror } from '../../src/intel/mirror/mirror.ts'
import { recordedTelemetry, type RecordedTelemetry } from '../support/telemetry.ts'
import { fill, indicator, indicatorsOf, kinds, noAbort, observable, replaceWith } from './mirror.ts'
import { encodeBlock } from '../../src/intel/mirror/block-codec.ts'

type Row = readonly [
  indicators: readonly string[],
  type: ObservableType,
  value: string,
  found: readonly string[],
]

const MD5 = '0123456789abcdef0123456789abcdef'
const SHA256 = `${MD5}${MD5}`

/** The matching rules, one row each, with what must not match. */
const RULES: readonly Row[] = [
  [['203.0.113.9'], 'ipv4', '203.0.113.9', ['exact 203.0.113.9']],
  [['203.0.113.9'], 'ipv4', '203.0.113.90', []],
  [['203.0.113.9'], 'ipv4', '203.0.113.8', []],
  [['::ffff:203.0.113.9'], 'ipv4', '203.0.113.9', ['exact 203.0.113.9']],
  [['2001:DB8:0:0::1'], 'ipv6', '2001:db8::1', ['exact 2001:db8::1']],
  [['2001:db8::1'], 'ipv6', '2001:db8::10', []],
  [['203.0.113.0/24'], 'ipv4', '203.0.113.255', ['cidr 203.0.113.0/24']],
  [['203.0.113.0/24'], 'ipv4', '203.0.114.0', []],
  [['203.0.113.77/24'], 'ipv4', '203.0.113.1', ['cidr 203.0.113.0/24']],
  [['203.0.113.9/32'], 'ipv4', '203.0.113.9', ['exact 203.0.113.9']],
  [['203.0.113.8/31'], 'ipv4', '203.0.113.9', ['cidr 203.0.113.8/31']],
  [['128.0.0.0/1', '0.0.0.0/1'], 'ipv4', '203.0.113.9', ['cidr 128.0.0.0/1']],
  [
    ['0.0.0.0/0', '203.0.0.0/16', '203.0.113.0/24', '203.0.113.9', '203.0.112.0/24'],
    'ipv4',
    '203.0.113.9',
    ['cidr 0.0.0.0/0', 'cidr 203.0.0.0/16', 'cidr 203.0.113.0/24', 'exact 203.0.113.9'],
  ],
  [['2001:db8::/32'], 'ipv6', '2001:db8:ffff::1', ['cidr 2001:db8::/32']],
  [['2001:db8::/32'], 'ipv6', '2001:db9::1', []],
  [['2001:db8::8/125'], 'ipv6', '2001:db8::f', ['cidr 2001:db8::8/125']],
  [['2001:db8::8/125'], 'ipv6', '2001:db8::10', []],
  [['::/0'], 'ipv6', '::1', ['cidr ::/0']],
  [['::/0'], 'ipv4', '203.0.113.9', []],
  [['0.0.0.0/0'], 'ipv6', '2001:db8::1', []],
  [['evil.example.com'], 'domain', 'evil.example.com', ['exact evil.example.com']],
  [['EVIL.example.com.'], 'domain', 'evil.example.com', ['exact evil.example.com']],
  [['evil.example.com'], 'domain', 'notevil.example.com', []],
  [['evil.example.com'], 'domain', 'a.b.evil.example.com', ['parent-domain evil.example.com']],
  [['evil.example.com'], 'domain', 'example.com', []],
  [['evil.example.com'], 'domain', 'evil.example.com.net', []],
  [
    ['example.com', 'a.example.com', 'b.a.example.com'],
    'domain',
    'b.a.example.com',
    ['exact b.a.example.com', 'parent-domain a.example.com', 'parent-domain example.com'],
  ],
  [['evil.co.uk'], 'domain', 'www.evil.co.uk', ['parent-domain evil.co.uk']],
  [['github.io'], 'domain', 'x.github.io', []],
  [['github.io'], 'domain', 'github.io', ['exact github.io']],
  [['evil.github.io'], 'domain', 'x.evil.github.io', ['parent-domain evil.github.io']],
  [['http://h.example.com/a?q=1'], 'url', 'http://h.example.com/a?q=1', ['exact http://h.example.com/a?q=1']],
  [['http://h.example.com:80/a#f'], 'url', 'http://h.example.com/a', ['exact http://h.example.com/a']],
  [['http://h.example.com/a?q=1'], 'url', 'http://h.example.com/a?q=12', []],
  [['http://h.example.com/a'], 'url', 'http://h.example.com/a/b?q', ['url-prefix http://h.example.com/a']],
  [['http://h.example.com/a'], 'url', 'http://h.example.com/a?q=1', ['url-prefix http://h.example.com/a']],
  [['http://h.example.com/a/'], 'url', 'http://h.example.com/a/b', ['url-prefix http://h.example.com/a/']],
  [['http://h.example.com/a'], 'url', 'http://h.example.com/ab', []],
  [['http://h.example.com/a/b'], 'url', 'http://h.example.com/a', []],
  [['http://h.example.com/'], 'url', 'http://h.example.com/x', ['url-prefix http://h.example.com/']],
  [['http://h.example.com/?a=/b'], 'url', 'http://h.example.com/?a=/b/c', []],
  [['http://h.example.com/a'], 'url', 'https://h.example.com/a/b', []],
  [['http://h.example.com/a'], 'url', 'http://h.example.com:8080/a/b', []],
  [['http://h.example.com/a'], 'url', 'http://g.h.example.com/a', []],
  [['evil.example.com'], 'url', 'https://evil.example.com/x', ['url-host evil.example.com']],
  [['evil.example.com'], 'url', 'https://u:p@evil.example.com:8443/x@y', ['url-host evil.example.com']],
  [['evil.example.com'], 'url', 'https://good.example.org/evil.example.com', []],
  [['evil.example.com'], 'url', 'https://evil.example.com.example.org/', []],
  [
    ['example.com', 'a.example.com'],
    'url',
    'https://a.example.com/',
    ['url-host a.example.com', 'url-host example.com'],
  ],
  [
    ['203.0.113.9', '203.0.113.0/24'],
    'url',
    'http://203.0.113.9:8080/x',
    ['url-host 203.0.113.0/24', 'url-host 203.0.113.9'],
  ],
  [
    ['2001:db8::1', '2001:db8::/32'],
    'url',
    'http://[2001:db8::1]:8080/x',
    ['url-host 2001:db8::/32', 'url-host 2001:db8::1'],
  ],
  [['Bob@Evil.Example.com'], 'email', 'bob@evil.example.com', ['exact bob@evil.example.com']],
  [['bob@evil.example.com'], 'email', 'bo@evil.example.com', []],
  [['evil.example.com'], 'email', 'bob@evil.example.com', ['email-domain evil.example.com']],
  [['example.com'], 'email', 'bob@evil.example.com', []],
  [['bob@evil.example.com'], 'domain', 'evil.example.com', []],
  [[MD5.toUpperCase()], 'md5', MD5, [`exact ${MD5}`]],
  [[SHA256], 'md5', MD5, []],
  [[MD5], 'sha256', SHA256, []],
]

function many(tag: string, count: number): Indicator[] {
  return Array.from({ length: count }, (_, i) => indicator('domain', `${tag}${i}.example.com`))
}

const STORES: readonly (readonly [string, (dir: string) => Promise<BodyStore>])[] = [
  ['memory', () => Promise.resolve(createMemoryBodies())],
  ['lmdb', openLmdbBodies],
]

describe.each(STORES)('mirror with %s bodies', (_name, openBodies) => {
  let dir: string
  let mirror: Mirror
  let telemetry: RecordedTelemetry

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tripline-mirror-'))
    telemetry = recordedTelemetry()
    mirror = createMirror({
      bodies: await openBodies(dir),
      telemetry,
      providerIds: ['feeds', 'misp'],
      maxDead: 0,
    })
  })

  afterEach(async () => {
    await mirror.close()
    await rm(dir, { recursive: true })
  })

  it('finds an indicator with a pattern by its value, as one that is yet to be judged', async () => {
    const pattern = "[file:name = 'a' AND url:value = 'x']"
    for (const [text, type, value] of [
      ['203.0.113.9', 'ipv4', '203.0.113.9'],
      ['203.0.113.0/24', 'ipv4', '203.0.113.9'],
      ['evil.example.com', 'url', 'https://www.evil.example.com/x'],
    ] as const) {
      await fill(mirror, indicatorsOf(text, { pattern }))
      expect(mirror.find(observable(type, value))).toMatchObject([
        { kind: 'pattern', indicator: { value: text, pattern } },
      ])
    }
  })

  it('follows every matching rule', async () => {
    for (const [texts, type, value, found] of RULES) {
      const indicators = texts.flatMap((text) => indicatorsOf(text))
      expect(indicators).toHaveLength(texts.length)
      await fill(mirror, indicators)
      expect({ texts, value, found: kinds(mirror, type, value) }).toEqual({ texts, value, found })
    }
  })

  it('never matches a public suffix as a parent, even when a provider names one', async () => {
    await fill(mirror, [indicator('domain', 'co.uk'), indicator('domain', 'com')])
    expect(kinds(mirror, 'domain', 'www.evil.co.uk')).toEqual([])
    expect(kinds(mirror, 'domain', 'evil.com')).toEqual([])
  })

  it('names the half of a composite', async () => {
    const parts = { ref: 'c', composite: 'evil.example.com|203.0.113.9' }
    await fill(mirror, [
      indicator('ipv4', '203.0.113.9', parts),
      indicator('domain', 'evil.example.com', parts),
    ])
    expect(kinds(mirror, 'ipv4', '203.0.113.9')).toEqual(['composite 203.0.113.9'])
    expect(kinds(mirror, 'domain', 'evil.example.com')).toEqual(['composite evil.example.com'])
    expect(kinds(mirror, 'domain', 'a.evil.example.com')).toEqual(['parent-domain evil.example.com'])
  })

  it('reports one statement once, with its strongest kind, and different ones each', async () => {
    const value = '203.0.113.9'
    await fill(mirror, [
      indicator('ipv4', value, { ref: 'r', composite: `${value}|443` }),
      indicator('ipv4', value, { ref: 'r' }),
      indicator('ipv4', value, { ref: 'other', composite: `${value}|80` }),
      indicator('ipv4', value, { ref: 'r', provider: 'misp' }),
    ])
    const found = mirror
      .find(observable('ipv4', value))
      .map(({ kind, indicator: { provider, ref } }) => `${kind} ${provider} ${ref}`)
    expect(found).toEqual(['exact feeds r', 'exact misp r', 'composite feeds other'])
  })

  it('gives every field back as it came', async () => {
    const full: Indicator = {
      ...indicator('domain', 'evil.example.com'),
      composite: 'evil.example.com|203.0.113.9',
      title: 'Größe «x»',
      event: '42',
      category: 'Network activity',
      comment: 'a\nb "c" \u{1F600}',
      tags: ['tlp:red', 'x'],
      tlp: 'amber+strict',
      score: 0,
      confidence: 100,
      detection: false,
      validFrom: 0,
      validUntil: Date.UTC(2030, 0),
      revoked: false,
      link: 'https://misp.example.org/events/view/42',
    }
    const plain = indicator('domain', 'plain.example.com')
    await fill(mirror, [full, plain])
    expect(mirror.find(observable('domain', full.value))).toEqual([{ indicator: full, kind: 'composite' }])
    expect(mirror.find(observable('domain', plain.value))).toEqual([{ indicator: plain, kind: 'exact' }])
  })

  it('holds many blocks, replaces them as one unit and counts', async () => {
    await fill(mirror, many('a', 3000), 'big')
    await fill(mirror, many('b', 10), 'small')
    expect(mirror.size).toBe(3010)
    await fill(mirror, many('c', 2000), 'big')
    await mirror.idle()
    expect([mirror.size, mirror.count('feeds'), mirror.count('misp')]).toEqual([2010, 2010, 0])
    expect(await telemetry.metrics.total('indicators')).toBe(2010)
    expect(kinds(mirror, 'domain', 'a2999.example.com')).toEqual([])
    expect(kinds(mirror, 'domain', 'b9.example.com')).toEqual(['exact b9.example.com'])
    for (let i = 0; i < 2000; i++) {
      expect(kinds(mirror, 'domain', `c${i}.example.com`)).toEqual([`exact c${i}.example.com`])
    }
    // Takes the numbers of the freed blocks and makes the tables grow meanwhile.
    await fill(mirror, many('d', 6000), 'third')
    for (let i = 0; i < 6000; i++) {
      expect(kinds(mirror, 'domain', `d${i}.example.com`)).toEqual([`exact d${i}.example.com`])
    }
    await mirror.apply('feeds', { kind: 'remove', unit: 'big' }, noAbort)
    await mirror.apply('feeds', { kind: 'remove', unit: 'third' }, noAbort)
    await mirror.apply('feeds', { kind: 'remove', unit: 'unheard of' }, noAbort)
    expect(mirror.size).toBe(10)
    expect(kinds(mirror, 'domain', 'c7.example.com')).toEqual([])
  })

  it('keeps units of the same name of two providers apart', async () => {
    await fill(mirror, [indicator('ipv4', '203.0.113.1')])
    await mirror.apply('misp', replaceWith('unit', [indicator('ipv4', '203.0.113.2')]), noAbort)
    await mirror.apply('feeds', { kind: 'remove', unit: 'unit' }, noAbort)
    expect(kinds(mirror, 'ipv4', '203.0.113.2')).toEqual(['exact 203.0.113.2'])
    expect([mirror.count('feeds'), mirror.count('misp')]).toEqual([0, 1])
  })

  it('shows the old content during a load, and only the new one after it', async () => {
    await fill(mirror, [indicator('domain', 'old.example.com'), indicator('ipv4', '203.0.113.0/24')])
    const seen: string[][] = []
    const look = (): void => {
      const domains = ['old.example.com', 'new0.example.com', 'new999.example.com'] as const
      seen.push([
        ...domains.flatMap((name) => kinds(mirror, 'domain', name)),
        ...kinds(mirror, 'ipv4', '203.0.113.1'),
      ])
    }
    await mirror.apply(
      'feeds',
      {
        kind: 'replace',
        unit: 'unit',
        load: async function* () {
          for (let i = 0; i < 1000; i += 100) {
            yield await Promise.resolve(
              Array.from({ length: 100 }, (_, j) => indicator('domain', `new${i + j}.example.com`)),
            )
            look()
          }
          yield [indicator('ipv4', '203.0.0.0/16')]
          look()
        },
      },
      noAbort,
    )
    expect(seen).toHaveLength(11)
    for (const one of seen) expect(one).toEqual(['exact old.example.com', 'cidr 203.0.113.0/24'])
    seen.length = 0
    look()
    expect(seen).toEqual([['exact new0.example.com', 'exact new999.example.com', 'cidr 203.0.0.0/16']])
  })

  it('keeps the old content when a load throws, and forgets what it had written', async () => {
    await fill(mirror, [indicator('domain', 'old.example.com')])
    const failing = {
      kind: 'replace',
      unit: 'unit',
      load: async function* () {
        yield await Promise.resolve(
          Array.from({ length: 600 }, (_, i) => indicator('domain', `new${i}.example.com`)),
        )
        throw new Error('connection lost')
      },
    } as const
    for (let i = 0; i < 3; i++) {
      await expect(mirror.apply('feeds', failing, noAbort)).rejects.toThrow('connection lost')
    }
    await mirror.idle()
    expect(mirror.size).toBe(1)
    expect(kinds(mirror, 'domain', 'old.example.com')).toEqual(['exact old.example.com'])
    expect(kinds(mirror, 'domain', 'new1.example.com')).toEqual([])
    await fill(mirror, [indicator('domain', 'next.example.com')])
    expect(kinds(mirror, 'domain', 'next.example.com')).toEqual(['exact next.example.com'])
  })

  it('keeps the old content when the load is aborted', async () => {
    await fill(mirror, [indicator('domain', 'old.example.com')])
    const abort = new AbortController()
    const endless = {
      kind: 'replace',
      unit: 'unit',
      load: async function* () {
        for (let i = 0; ; i++) {
          if (i === 5) abort.abort(new Error('stopping'))
          yield await Promise.resolve([indicator('domain', `new${i}.example.com`)])
        }
      },
    } as const
    await expect(mirror.apply('feeds', endless, abort.signal)).rejects.toThrow('stopping')
    expect(kinds(mirror, 'domain', 'old.example.com')).toEqual(['exact old.example.com'])
    expect(mirror.size).toBe(1)
  })

  it('remembers which provider is ready', async () => {
    expect(mirror.ready('feeds')).toBe(false)
    await mirror.apply('feeds', { kind: 'ready' }, noAbort)
    expect([mirror.ready('feeds'), mirror.ready('misp')]).toEqual([true, false])
  })

  it('is empty at first and after the unit became empty', async () => {
    expect(mirror.find(observable('domain', 'a.example.com'))).toEqual([])
    await fill(mirror, [indicator('domain', 'a.example.com')])
    await fill(mirror, [])
    expect(mirror.size).toBe(0)
    expect(mirror.find(observable('domain', 'a.example.com'))).toEqual([])
  })

  it('ignores a network it cannot read', async () => {
    const bad = ['203.0.113.0/33', '203.0.113/24', '1.2.3.4/', '1.2.3.4/x', '/8', '2001:db8::/32']
    await fill(mirror, [...bad.map((value) => indicator('ipv4', value)), indicator('ipv6', ':::/8')])
    expect(kinds(mirror, 'ipv4', '203.0.113.1')).toEqual([])
    expect(kinds(mirror, 'ipv6', '2001:db8::1')).toEqual([])
  })
})

describe('mirror bodies', () => {
  it('counts a body that is lost and finds the others', async () => {
    const telemetry = recordedTelemetry()
    const bodies = createMemoryBodies()
    const mirror = createMirror({ bodies, telemetry, providerIds: [] })
    await fill(mirror, [indicator('ipv4', '203.0.113.1')], 'a')
    await fill(mirror, [indicator('ipv4', '203.0.113.1', { ref: 'kept' })], 'b')
    await bodies.free([0])
    expect(mirror.find(observable('ipv4', '203.0.113.1')).map((one) => one.indicator.ref)).toEqual(['kept'])
    expect(await telemetry.metrics.total('mirror_bodies_lost_total')).toBe(1)
  })

  it('starts empty from whatever file is there, and leaves none behind', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'tripline-bodies-'))
    await writeFile(join(dir, 'mirror.lmdb'), 'rubbish')
    const bodies = await openLmdbBodies(dir)
    expect(bodies.get(0)).toBeUndefined()
    const block = await bodies.append(encodeBlock([indicator('ipv4', '203.0.113.1')]))
    expect(bodies.get(block * 256)?.value).toBe('203.0.113.1')
    expect(bodies.get(block * 256 + 1)).toBeUndefined()
    await bodies.free([block])
    expect(bodies.get(block * 256)).toBeUndefined()
    expect(await bodies.append(encodeBlock([indicator('ipv4', '203.0.113.2')]))).toBe(block)
    await bodies.close()
    expect(bodies.get(block * 256)).toBeUndefined()
    expect(await readdir(dir)).toEqual([])
    await rm(dir, { recursive: true })
  })

  it('says STATE_UNWRITABLE when the folder cannot be used', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'tripline-bodies-'))
    await writeFile(join(dir, 'file'), '')
    await expect(openLmdbBodies(join(dir, 'file'))).rejects.toMatchObject({ code: 'STATE_UNWRITABLE' })
    await rm(dir, { recursive: true })
  })
})
