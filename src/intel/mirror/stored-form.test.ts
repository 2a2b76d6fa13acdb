import { expect, it } from 'vitest'
import { decodeBlock } from './block-codec.ts'

const identity = {
  id: 'a6ad8c4e',
  standard_id: 'identity--a6ad8c4e',
  identity_class: 'organization',
  name: 'CERT',
  x_opencti_organization_type: 'vendor',
  x_opencti_reliability: 'A',
  x_opencti_firstname: 'Ada',
  x_opencti_lastname: 'Example',
}

/** What copies hold since format 2 (`snapshot-file.ts`), written down once and not made from the code that reads it. */
const STORED = {
  shared: {
    type: 'domain',
    value: 'a.example.net',
    provider: 'cti',
    source: 'cti',
    sourceType: 'domain-name',
  },
  rows: {
    ref: 'indicator--1',
    composite: 'domain|ip',
    title: 'A domain',
    event: '7',
    eventUuid: '5f4e',
    eventDate: '2026-01-01',
    threatLevel: 'High',
    organisation: 'CERT',
    category: 'Network activity',
    comment: 'seen',
    tags: ['tlp:amber'],
    tlp: 'amber',
    threatActors: ['APT 0'],
    malware: ['Worm'],
    attackPatterns: ['T1071'],
    killChainPhases: ['delivery'],
    firstSeen: 1_700_000_000_000,
    lastSeen: 1_700_000_000_001,
    score: 80,
    confidence: 75,
    detection: true,
    validFrom: 1_700_000_000_000,
    validUntil: 1_900_000_000_000,
    revoked: false,
    link: 'https://cti.example.net/1',
    pattern: "[domain-name:value = 'a.example.net']",
    context: {
      platform: 'opencti',
      found: 'related',
      indicator: {
        id: '1',
        standard_id: 'indicator--1',
        created_at: '2026-01-01T00:00:00Z',
        updated_at: '2026-01-02T00:00:00Z',
        createdBy: identity,
        externalReferences: ['https://example.net'],
        name: 'A domain',
        description: 'text',
        valid_from: '2026-01-01T00:00:00Z',
        valid_until: '2027-01-01T00:00:00Z',
        revoked: false,
        confidence: 75,
        x_opencti_score: 80,
        x_opencti_detection: true,
        x_opencti_main_observable_type: 'Domain-Name',
        indicator_types: ['malicious-activity'],
        x_mitre_platforms: ['linux'],
        pattern_type: 'stix',
        pattern: "[domain-name:value = 'a.example.net']",
        killChainPhases: ['delivery'],
        labels: ['c2'],
      },
      observable: {
        id: '2',
        type: 'Domain-Name',
        created_at: '2026-01-01T00:00:00Z',
        updated_at: '2026-01-02T00:00:00Z',
        createdBy: identity,
        labels: ['c2'],
        externalReferences: ['https://example.net'],
        observable_value: 'a.example.net',
        x_opencti_description: 'text',
        x_opencti_score: 80,
        value: 'a.example.net',
        extensions: '{}',
        size: 1,
        name: 'a',
        x_opencti_additional_names: ['b'],
      },
      related: { id: '3', type: 'Domain-Name', relationship: 'resolves-to', value: 'a.example.net' },
    },
  },
}
/** The least there may be. */
const BARE = { ref: 'indicator--2', tags: [] }

/** The layout that `encodeBlock` tells of. */
function bytesOf(rows: readonly Readonly<Record<string, unknown>>[]): Buffer {
  const keys = Object.keys(STORED.rows)
  const texts = [
    { shared: STORED.shared, keys },
    ...rows.map((row) => keys.map((key) => row[key] ?? null)),
  ].map((each) => Buffer.from(JSON.stringify(each)))
  const ends = texts.map((_, i) => texts.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0))
  const numbers = Buffer.alloc(4 + 4 * ends.length)
  for (const [i, number] of [rows.length, ...ends].entries()) numbers.writeUInt32LE(number, 4 * i)
  return Buffer.concat([numbers, ...texts])
}

it('what lies in copies of format 2 is read as it was written: where this fails, FORMAT of snapshot-file.ts has to go up', () => {
  expect(decodeBlock(bytesOf([STORED.rows, BARE]))).toEqual([
    { ...STORED.shared, ...STORED.rows },
    { ...STORED.shared, ...BARE },
  ])
})
