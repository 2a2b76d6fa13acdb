import { describe, expect, it } from 'vitest'
import { read, type EntryInput, type Reading } from '../../../test/fixtures/feeds/reading.ts'
import { parseStix } from './stix.ts'
import type { SkipReason } from './tally.ts'

const ID = 'indicator--5f0c7a4e-1c2d-4b3a-9e8f-001122334455'
const CLEAR = 'marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9'
const OWN = 'marking-definition--aaaaaaaa-1c2d-4b3a-9e8f-001122334455'

function readStix(root: unknown, settings: EntryInput = {}): Promise<Reading> {
  return read((maker) => parseStix(root, maker), settings)
}

function indicator(more: object = {}): Record<string, unknown> {
  return {
    type: 'indicator',
    id: ID,
    pattern_type: 'stix',
    pattern: "[domain-name:value = 'evil.com']",
    ...more,
  }
}

function bundle(...objects: unknown[]): unknown {
  return { type: 'bundle', id: 'bundle--x', objects }
}

describe('parseStix', () => {
  it('keeps the context', async () => {
    const { indicators } = await readStix(
      bundle(
        indicator({
          name: 'A gate',
          description: 'seen',
          revoked: true,
          valid_from: '2026-01-01T00:00:00.000Z',
          valid_until: '2026-02-01T00:00:00Z',
          confidence: 60,
          labels: ['phish'],
          indicator_types: ['malicious-activity'],
          object_marking_refs: [CLEAR, OWN, 'marking-definition--unknown'],
          external_references: [
            { source_name: 'x' },
            { url: 'javascript:x' },
            { url: 'https://x.example/1' },
          ],
          x_opencti_score: 80,
          x_opencti_detection: false,
        }),
        { type: 'marking-definition', id: OWN, definition_type: 'tlp', definition: { tlp: 'amber' } },
        { type: 'malware', id: 'malware--x' },
      ),
    )
    expect(indicators).toEqual([
      {
        type: 'domain',
        value: 'evil.com',
        provider: 'feed',
        source: 'list',
        ref: ID,
        sourceType: 'indicator',
        title: 'A gate',
        category: 'malicious-activity',
        comment: 'seen',
        tags: ['phish', 'malicious-activity'],
        tlp: 'amber',
        score: 80,
        confidence: 60,
        detection: false,
        validFrom: Date.UTC(2026, 0, 1),
        validUntil: Date.UTC(2026, 1, 1),
        revoked: true,
        link: 'https://x.example/1',
      },
    ])
  })

  it('takes score and detection from the OpenCTI extension', async () => {
    const extensions = {
      'extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba': { score: 30, detection: true },
    }
    const { indicators } = await readStix(bundle(indicator({ extensions })))
    expect(indicators[0]).toMatchObject({ score: 30, detection: true })
  })

  it('gives an indicator for each value of an OR, all with one ref', async () => {
    const pattern =
      "[domain-name:value = 'evil.com' OR file:name = 'a.exe' OR ipv4-addr:value IN ('198.51.100.7', 'no')]"
    const { values, indicators, report } = await readStix(bundle(indicator({ pattern })))
    expect(values).toEqual(['domain evil.com', 'ipv4 198.51.100.7'])
    expect(indicators.map(({ ref }) => ref)).toEqual([ID, ID])
    expect(report.skipped).toEqual({ unsupported_type: 1, not_a_value: 1 })
  })

  it('gives an AND by its rarest value, with the pattern that has to hold', async () => {
    const pattern =
      "[url:value = 'http://evil.com/'] OR [domain-name:value = 'evil.com' AND file:hashes.MD5 = '79054025255FB1A26E4BC422AEF54EB4']"
    const { values, indicators, report } = await readStix(bundle(indicator({ pattern })))
    expect(values).toEqual(['url http://evil.com/', 'md5 79054025255fb1a26e4bc422aef54eb4'])
    expect(indicators.map((each) => each.pattern)).toEqual([undefined, pattern])
    expect(report).toMatchObject({ loaded: 2, skipped: {} })
  })

  it.each<[reason: SkipReason, more: object]>([
    ['unsupported_pattern', { pattern_type: 'yara' }],
    ['not_a_pattern', { pattern: 'evil.com' }],
    ['pattern_too_complex', { pattern: `[url:value = '${'x'.repeat(300_000)}']` }],
    ['pattern_several_observations', { pattern: "[url:value = 'a'] AND [url:value = 'b']" }],
    ['pattern_qualifier', { pattern: "[url:value = 'a'] WITHIN 5 SECONDS" }],
    ['pattern_reference', { pattern: "[domain-name:value = 'evil.com' AND file:x_ref.y = 1]" }],
    ['pattern_unknown_property', { pattern: "[domain-name:value = 'evil.com' AND file:x = 1]" }],
    ['pattern_unsafe_regex', { pattern: "[domain-name:value = 'evil.com' AND file:name MATCHES '(?=a)']" }],
  ])('counts what is not matchable: %s', async (reason, more) => {
    const { values, report } = await readStix(bundle(indicator(more)))
    expect(values).toEqual([])
    expect(report).toMatchObject({ skipped: { [reason]: 1 }, samples: [{ at: 'objects[0]', reason }] })
  })

  it('reads STIX 2.0, a list and a single object', async () => {
    const { pattern_type: _type, ...old } = indicator()
    for (const root of [
      bundle(old),
      [indicator()],
      indicator(),
      bundle(indicator({ pattern_type: 'STIX' })),
    ]) {
      expect((await readStix(root)).values).toEqual(['domain evil.com'])
    }
    expect((await readStix({ type: 'bundle', id: 'bundle--x' })).values).toEqual([])
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['an event', { Event: {} }],
    ['objects that are no list', { type: 'bundle', objects: {} }],
    ['a list of others', [{ type: 'indicator' }, 5]],
  ])('refuses %s', async (_name, root) => {
    await expect(readStix(root)).rejects.toMatchObject({ code: 'FEED_MALFORMED' })
  })

  it('bears wrong types everywhere', async () => {
    const odd = indicator({
      name: {},
      description: ['x'],
      revoked: 'perhaps',
      valid_from: 'yesterday',
      valid_until: 5,
      confidence: 101,
      labels: [1, 'ok', null],
      indicator_types: 'x',
      object_marking_refs: {},
      external_references: [null, 'x'],
      x_opencti_score: '50',
      extensions: [],
    })
    const { indicators, report } = await readStix(
      bundle(null, 1, [], { type: 'indicator' }, indicator({ pattern: 7 }), indicator({ id: 7 }), odd),
    )
    expect(report.skipped).toEqual({ malformed: 6, bad_date: 1 })
    expect(indicators).toEqual([expect.objectContaining({ value: 'evil.com', tags: ['ok'], score: 50 })])
    for (const name of ['title', 'revoked', 'confidence', 'validFrom'])
      expect(indicators[0]).not.toHaveProperty(name)
  })
})
