import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openSnapshot, type Snapshot } from '../../mirror/snapshot.ts'
import { indicatorNode } from '../client/schema.ts'
import { createContent, type Change, type Content } from './content.ts'
import { extractOf, parseExtract } from './extract.ts'
import { unitOf } from './places.ts'
import { rowOf, type Row } from './rows.ts'

let folder = ''
let snapshot: Snapshot
let content: Content

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tripline-content-'))
  const events = { snapshotBegunAnew: () => undefined, snapshotUnitsLost: () => undefined }
  snapshot = await openSnapshot({
    path: join(folder, 'copy.lmdb'),
    identity: 'test',
    extract: extractOf,
    events,
  })
  content = createContent({ snapshot, maxIndicators: 6, now: () => 0, onDamaged: () => undefined })
})

afterEach(async () => {
  await snapshot.close()
  rmSync(folder, { recursive: true })
})

const NEVER: ReadonlySet<string> = new Set()

/** `unit`: the first four digits of the STIX id. */
function row(id: string, address: string, { unit = '0000', at = '2026-01-01', title = id } = {}): Row {
  const node = indicatorNode.parse({
    id,
    standard_id: `indicator--${unit}0000-0000-4000-8000-${id.padStart(12, '0')}`,
    name: title,
    pattern: `[ipv4-addr:value = '${address}']`,
    updated_at: `${at}T00:00:00.000Z`,
  })
  return rowOf(node, { provider: 'opencti', webUrl: 'https://cti.example.org' })
}

function put(...rows: readonly Row[]): ReadonlyMap<string, Change> {
  return new Map(rows.map((each) => [each.id, { kind: 'put', row: each }]))
}

function held(): readonly string[] {
  return [...snapshot.units.keys()]
    .flatMap((unit) => [...snapshot.load(unit)].flat())
    .map(({ title, value }) => `${title ?? ''} ${value}`)
    .toSorted()
}

it('puts objects in place of themselves, wherever they were, and removes them', () => {
  content.apply(put(row('a', '198.51.100.1'), row('b', '198.51.100.2', { unit: '8000' })))
  expect(held()).toEqual(['a 198.51.100.1', 'b 198.51.100.2'])
  const moved = content.apply(put(row('a', '198.51.100.9', { unit: 'fff0', at: '2026-01-02' })))
  expect(moved.toSorted()).toEqual([unitOf('indicator--0000'), unitOf('indicator--fff0')])
  expect(held()).toEqual(['a 198.51.100.9', 'b 198.51.100.2'])
  content.apply(new Map([['a', { kind: 'remove', id: 'a' }]]))
  expect(held()).toEqual(['b 198.51.100.2'])
  expect(content.objects).toBe(1)
})

it('leaves out an older state than the one it has: a stream may say things twice', () => {
  content.apply(put(row('a', '198.51.100.1', { at: '2026-01-02' })))
  expect(content.apply(put(row('a', '198.51.100.5', { at: '2026-01-01' })))).toEqual([])
  expect(held()).toEqual(['a 198.51.100.1'])
})

it('does not touch units that a load finds as they are', () => {
  const rows = [row('a', '198.51.100.1'), row('b', '198.51.100.2')]
  const unit = unitOf('indicator--0000')
  expect(content.replace(new Map([[unit, rows]]), NEVER)).toEqual([unit])
  expect(content.replace(new Map([[unit, rows.toReversed()]]), NEVER)).toEqual([])
})

it('lets what the stream says while a load goes on count, whatever the page says', () => {
  const unit = unitOf('indicator--0000')
  const page = [row('a', '198.51.100.1'), row('b', '198.51.100.2')]
  content.apply(put(...page))
  content.apply(new Map([['a', { kind: 'remove', id: 'a' }]]))
  content.apply(put(row('b', '198.51.100.22', { at: '2026-01-03' })))
  content.replace(new Map([[unit, page]]), new Set(['a', 'b']))
  expect(held()).toEqual(['b 198.51.100.22'])
})

it('removes at the end of a load what it did not name', () => {
  content.apply(put(row('a', '198.51.100.1'), row('b', '198.51.100.2', { unit: '8000' })))
  content.beginLoad()
  const unit = unitOf('indicator--0000')
  content.replace(new Map([[unit, [row('a', '198.51.100.1')]]]), NEVER)
  content.endLoad(new Set([unit]), NEVER)
  expect(held()).toEqual(['a 198.51.100.1'])
})

it('takes no more than there is room for, and counts the rest', () => {
  const rows = Array.from({ length: 9 }, (_, i) => row(String(i), `198.51.100.${i}`))
  content.apply(put(...rows))
  expect(snapshot.indicators).toBe(6)
  expect(content.leftOut).toBe(3)
})

it('knows patterns that cannot match by their reason, until they are gone', () => {
  const both = `[ipv4-addr:value = '198.51.100.1'] FOLLOWEDBY [ipv4-addr:value = '198.51.100.2']`
  const node = indicatorNode.parse({ id: 'x', standard_id: 'indicator--00000000', pattern: both })
  content.apply(put(rowOf(node, { provider: 'opencti', webUrl: 'https://cti.example.org' })))
  expect(held()).toEqual([])
  expect(content.unmatchable.list()).toMatchObject([{ count: 1, samples: [{ ref: 'indicator--00000000' }] }])
  content.apply(new Map([['x', { kind: 'remove', id: 'x' }]]))
  expect(content.unmatchable.list()).toEqual([])
})

it('knows after a restart where everything lies', () => {
  content.apply(put(row('a', '198.51.100.1')))
  const again = createContent({ snapshot, maxIndicators: 6, now: () => 0, onDamaged: () => undefined })
  for (const unit of snapshot.units.keys())
    again.remember(
      unit,
      [...snapshot.blocks(unit)].flatMap(({ extract }) => parseExtract(extract).owners),
    )
  expect(again.objects).toBe(1)
  again.apply(put(row('a', '198.51.100.7', { unit: 'fff0', at: '2026-01-02' })))
  expect(held()).toEqual(['a 198.51.100.7'])
})
