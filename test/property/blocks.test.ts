import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { generateAlerts } from '../../bench/generate.ts'
import { createAnalysis } from '../../src/app/analysis.ts'
import { createExamination } from '../../src/app/blocks/examination.ts'
import type { LineBlock } from '../../src/core/line-block.ts'
import type { ParsedAlert, ParsedLine } from '../../src/core/match.ts'
import { extractConfig } from '../../src/extract/config.ts'
import { createMirror } from '../../src/intel/mirror/mirror.ts'
import { createAlertDedup } from '../../src/pipeline/alert-dedup.ts'
import { analyseBatch, toDelivery, type ExaminingParts, type Found } from '../../src/pipeline/batch.ts'
import { readFindings } from '../../src/pipeline/block.ts'
import { policyConfig, suppressConfig } from '../../src/pipeline/config.ts'
import { createPolicy } from '../../src/pipeline/policy.ts'
import { formatParsed } from '../../src/sinks/format.ts'
import { createCollector } from '../../src/sources/collect.ts'
import { createDecoder } from '../../src/sources/decode.ts'
import { pipelineEvents } from '../../src/telemetry/events/pipeline.ts'
import { sourceEvents } from '../../src/telemetry/events/source.ts'
import { fill, indicatorsOf } from '../contract/mirror.ts'
import { manualClock } from '../support/clock.ts'
import { hostileAlerts } from '../support/hostile-alerts.ts'
import { createMemoryBodies } from '../support/memory-bodies.ts'
import { recordedTelemetry, type RecordedTelemetry } from '../support/telemetry.ts'

/*
 * What a backlog read in blocks gives, beside what the same bytes give alert by alert: records, matches, counts and told faults.
 */

const PLANTED = [
  '203.0.114.7',
  'evil.example-blocks.net',
  'https://drop.example-blocks.org/a/b',
  'ab'.repeat(32),
]
const KNOWN = [
  ...PLANTED,
  '198.18.0.0/15',
  '2a02:26f0:1700::/48',
  'https://files.example-blocks.com/x/',
  'blocked.example-blocks.net',
]
const MAX_LINE = 100_000

const folder = mkdtempSync(join(tmpdir(), 'tripline-blocks-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function generated(): readonly Buffer[] {
  const path = join(folder, 'alerts.jsonl')
  generateAlerts({ seed: 5, count: 1500, path, plant: PLANTED, plantEvery: 7 })
  return linesOf(path)
}

function linesOf(path: string): readonly Buffer[] {
  return readFileSync(path, 'latin1')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Buffer.from(line, 'latin1'))
}

let number = 0
function alert(data: object, more: object = {}): Buffer {
  number += 1
  const rule = { level: 3, id: '100001', groups: ['test'] }
  return Buffer.from(
    JSON.stringify({
      timestamp: '2026-03-09T08:00:00.000+0000',
      rule,
      agent: { id: '001', name: 'web-1' },
      id: `1.${number}`,
      data,
      ...more,
    }),
  )
}

/** One of each thing that is not as usual, as far as the reader of lines or the policy knows it. */
const ODD: readonly Buffer[] = [
  Buffer.from(''),
  Buffer.from('   '),
  Buffer.from('not json'),
  Buffer.from('[]'),
  Buffer.from('{"torn": "li'),
  Buffer.concat([Buffer.alloc(7), alert({ srcip: '203.0.114.7' })]),
  Buffer.from('\u0000'),
  Buffer.concat([Buffer.from('\uFEFF'), alert({ srcip: '203.0.114.7' })]),
  Buffer.concat([alert({ srcip: '203.0.114.7' }), alert({ query: 'plain.example-blocks.net' })]),
  Buffer.concat([Buffer.from('{"torn":"x'), alert({ srcip: '203.0.114.7' })]),
  Buffer.concat([alert({ srcip: '203.0.114.7' }), Buffer.from('\r')]),
  Buffer.concat([
    Buffer.from('{"data":{"query":"plain.example-blocks.net","x":"'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"}}'),
  ]),
  alert({ integration: 'tripline', srcip: '203.0.114.7' }),
  alert({ integration: 'tripline', query: 'plain.example-blocks.net' }),
  alert({ query: 'plain.example-blocks.net' }, { location: 'virustotal' }),
  alert({ query: 'www.allowed.example-blocks.net', srcip: '203.0.114.9' }),
  alert({ query: 'blocked.example-blocks.net' }),
  alert({ md5: 'd41d8cd98f00b204e9800998ecf8427e', srcip: '10.0.0.1', dstip: '192.0.2.1' }),
  alert({ srcip: '198.19.255.1' }),
  alert({ srcip: '2a02:26f0:1700::5', dstip: '2a02:26f0:1701::5' }),
  alert({ url: 'https://files.example-blocks.com/x/y?z', query: 'a.b.evil.example-blocks.net' }),
  alert({ many: Array.from({ length: 40 }, (_, at) => `203.0.${at}.1`) }),
  alert({ path: { 'a"b\\c\u2028': 'plain.example-blocks.net' } }),
  alert({ text: 'x'.repeat(MAX_LINE) }),
  Buffer.from('{"schema":"tripline.dead-letter/1","reason":"analysis"}'),
  Buffer.from(
    '{"_id":"1","_source":{"@timestamp":"2026-03-09T08:00:00Z","wazuh":{"agent":{"id":"1","name":"a"}},"source":{"ip":"203.0.114.7"}}}',
  ),
]

const HOSTILE = hostileAlerts((at) =>
  at % 2 === 0 ? `q${at}.example-blocks.net` : 'evil.example-blocks.net',
)
  .map(({ line }) => line)
  .filter(({ length }) => length < 2 * MAX_LINE)

const RECORDED = '../shared/data'
const FILES = [
  'alerts/alerts-samples.jsonl',
  'alerts/findings-5x-samples.jsonl',
  'wazuh-recorded/alerts-real.jsonl',
]
const there = existsSync(RECORDED)
if (!there)
  process.stderr.write(`SKIPPED: ${RECORDED} is not there, recorded alerts are not read in blocks\n`)

const decode = await createDecoder()
const policy = createPolicy(policySettings())
const mirror = createMirror({
  bodies: createMemoryBodies(),
  telemetry: recordedTelemetry(),
  providerIds: ['feeds'],
})
await fill(
  mirror,
  KNOWN.flatMap((text) => indicatorsOf(text)),
)

function policySettings() {
  return policyConfig.parse({
    allow: { domains: ['allowed.example-blocks.net', 'blocked.example-blocks.net'] },
    lookUpSpecial: ['documentation'],
  })
}

interface Outcome {
  readonly parsed: string[]
  readonly matches: unknown[]
  readonly failed: number
  readonly metrics: string
  readonly told: readonly unknown[]
}

interface World extends ExaminingParts {
  readonly telemetry: RecordedTelemetry
}

const extraction = extractConfig.parse({ maxObservables: 30 })

function world() {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const { analyse, extract } = createAnalysis(
    { extract: extraction } as Parameters<typeof createAnalysis>[0],
    { index: mirror, policy, clock },
  )
  const dedup = createAlertDedup({ config: suppressConfig.parse({}), clock, twins: false })
  const parts: World = { analyse, policy, dedup, clock, events: pipelineEvents(telemetry), telemetry }
  return { ...parts, extract }
}

function collectorOf({ telemetry }: World, blockBytes?: number) {
  return createCollector({
    file: 'alerts.json',
    offset: 0,
    decode,
    events: sourceEvents(telemetry, 'wazuh'),
    maxLineBytes: MAX_LINE,
    batchAlerts: 256,
    unterminated: 'line',
    ...(blockBytes === undefined ? {} : { blockBytes }),
  })
}

function lineOf(parsed: ParsedAlert | ParsedLine): string | undefined {
  return 'line' in parsed ? parsed.line : formatParsed(parsed)
}

async function outcomeOf(found: readonly Found[], { telemetry }: World): Promise<Outcome> {
  return {
    parsed: found.flatMap(({ delivery }) => delivery.parsed.flatMap((each) => lineOf(each) ?? [])),
    matches: found.flatMap(({ delivery }) => delivery.matches),
    failed: found.flatMap(({ failed }) => failed).length,
    // In the order of their names: which reason was counted first is no difference.
    metrics: (await telemetry.metrics.registry.metrics()).split('\n').toSorted().join('\n'),
    told: telemetry.lines.map(({ msg, reason }) => `${String(msg)} ${String(reason)}`).toSorted(),
  }
}

async function oneByOne(chunks: readonly Buffer[]): Promise<Outcome> {
  const parts = world()
  const collector = collectorOf(parts)
  const pieces = [...chunks.flatMap((chunk) => collector.push(chunk)), ...collector.finish()]
  const found = pieces.map((piece) => {
    const analysed = analyseBatch(piece, parts)
    return toDelivery({ analyses: analysed.analyses, unanswered: new Map(), failed: [] }, analysed, parts)
  })
  return outcomeOf(found, parts)
}

async function inBlocks(chunks: readonly Buffer[]): Promise<Outcome & { readonly blocks: number }> {
  const parts = world()
  const settings = { extract: extraction, policy: policySettings(), parsedLines: true }
  const examine = await createExamination(settings, parts.extract)
  const collector = collectorOf(parts, 1)
  const pieces = [...chunks.flatMap((chunk) => collector.push(chunk)), ...collector.finish()]
  const read = (block: LineBlock) =>
    readFindings(block, examine(block.bytes, block.maxLineBytes), { ...parts, mayKnow: mirror.mayKnow })
  const found = pieces.map((piece) => {
    if (piece.block !== undefined) return read(piece.block)
    const analysed = analyseBatch(piece, parts)
    return toDelivery({ analyses: analysed.analyses, unanswered: new Map(), failed: [] }, analysed, parts)
  })
  const blocks = pieces.filter(({ block }) => block !== undefined).length
  return { ...(await outcomeOf(found, parts)), blocks }
}

function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const borders = [0, ...places.map((place) => Math.floor(place * bytes.length)), bytes.length].toSorted(
    (a, b) => a - b,
  )
  return borders
    .slice(1)
    .flatMap((end, at) => (end > (borders[at] ?? 0) ? [bytes.subarray(borders[at], end)] : []))
}

/** Gives how many blocks there were. */
async function compare(lines: readonly Buffer[], places: readonly number[]): Promise<number> {
  const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]))
  const chunks = cut(bytes, places)
  const { blocks, ...blockwise } = await inBlocks(chunks)
  expect(blockwise).toEqual(await oneByOne(chunks))
  return blocks
}

describe('a backlog in blocks gives what it gives alert by alert', () => {
  it('for alerts of every kind, with odd and hostile lines and repeats between them, cut anywhere', async () => {
    const pool = [...generated(), ...HOSTILE, ...ODD]
    const odd = fc.constantFrom(...ODD)
    const any = fc.integer({ min: 0, max: pool.length - 1 }).map((at) => pool[at] ?? Buffer.alloc(0))
    const lines = fc.array(fc.oneof({ weight: 3, arbitrary: any }, { weight: 1, arbitrary: odd }), {
      maxLength: 60,
    })
    const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })
    let blocks = 0
    await fc.assert(
      fc.asyncProperty(lines, places, async (chosen, where) => {
        blocks += await compare(chosen, where)
      }),
      { numRuns: 150 },
    )
    expect(blocks).toBeGreaterThan(60)
  })

  it('for each odd line by itself', async () => {
    for (const line of ODD)
      expect(
        await compare(
          [alert({ query: 'first.example-blocks.net' }), line, alert({ srcip: '203.0.114.7' })],
          [],
        ),
      ).toBe(1)
  })

  it.skipIf(!there)('for recorded alerts and findings', async () => {
    for (const file of FILES) expect(await compare(linesOf(join(RECORDED, file)), [0.3, 0.6])).toBe(3)
  })
})
