import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { manualClock } from '../../../../test/support/clock.ts'
import { recordedTelemetry } from '../../../../test/support/telemetry.ts'
import { AppError } from '../../../core/errors.ts'
import { openCtiMirrorEvents } from '../../../telemetry/events/opencti-mirror.ts'
import { openSnapshot, type Snapshot } from '../../mirror/snapshot.ts'
import type { IndicatorPage, IndicatorsQuery } from '../api.ts'
import { indicatorNode } from '../client/schema.ts'
import { openCtiConfig } from '../config.ts'
import { createContent, type Content } from './content.ts'
import { createDictionary } from '../stream/dictionary.ts'
import { loadAll, readPage, type LoadParts } from './load.ts'

let folder = ''
let snapshot: Snapshot
let content: Content

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tripline-load-'))
  const events = { snapshotBegunAnew: () => undefined, snapshotUnitsLost: () => undefined }
  snapshot = await openSnapshot({ path: join(folder, 'copy.lmdb'), identity: 'test', events })
  content = createContent({ snapshot, maxIndicators: 1000, now: () => 0, onDamaged: () => undefined })
})

afterEach(async () => {
  await snapshot.close()
  rmSync(folder, { recursive: true })
})

const never = new AbortController().signal
const options = { since: new Set<string>(), believeAnything: false, onDistrusted: () => undefined }

function nodes(from: number, to: number) {
  return Array.from({ length: to - from }, (_, i) => {
    const number = from + i
    const digits = number.toString(16).padStart(4, '0')
    return indicatorNode.parse({
      id: String(number),
      standard_id: `indicator--${digits}0000-0000-4000-8000-000000000000`,
      pattern: `[ipv4-addr:value = '198.51.${number >> 8}.${number & 255}']`,
    })
  })
}

function partsOf(
  answer: (query: IndicatorsQuery) => Promise<IndicatorPage>,
  clock = manualClock(),
): LoadParts {
  const telemetry = recordedTelemetry(clock)
  return {
    client: { indicators: answer },
    config: openCtiConfig.parse({ type: 'opencti', url: 'https://cti.example.org', token: 'x' }),
    content,
    dictionary: createDictionary(),
    rows: { provider: 'opencti', webUrl: 'https://cti.example.org' },
    events: openCtiMirrorEvents(telemetry, 'opencti'),
    clock,
    onAnswer: () => undefined,
  }
}

async function run(parts: LoadParts): Promise<void> {
  for await (const step of loadAll(parts, options, never)) void step
}

/** Pages of `sizes`, with so many promised. */
function pages(total: number, ...sizes: readonly number[]) {
  return ({ after = '0' }: IndicatorsQuery): Promise<IndicatorPage> => {
    const page = Number(after)
    const from = sizes.slice(0, page).reduce((sum, size) => sum + size, 0)
    const isLast = page === sizes.length - 1
    return Promise.resolve({
      indicators: nodes(from, from + (sizes[page] ?? 0)),
      malformed: 0,
      total,
      ...(isLast ? {} : { next: String(page + 1) }),
    })
  }
}

it('reads all pages', async () => {
  await run(partsOf(pages(30, 10, 10, 10)))
  expect(content.objects).toBe(30)
})

it('does not believe a server that breaks off and says that this is all', async () => {
  await run(partsOf(pages(90, 30, 30, 30)))
  await expect(run(partsOf(pages(90, 5)))).rejects.toMatchObject({ code: 'PROVIDER_MALFORMED' })
  expect(content.objects).toBe(90)
})

it('does with a few less: they were deleted meanwhile', async () => {
  await run(partsOf(pages(90, 30, 30, 30)))
  await run(partsOf(pages(90, 30, 30, 25)))
  expect(content.objects).toBe(85)
})

it('asks for fewer at a time when a page is too much for the server', async () => {
  const clock = manualClock()
  const asked: number[] = []
  const parts = partsOf(({ first }) => {
    asked.push(first)
    if (first > 300) return Promise.reject(new AppError('PROVIDER_OVERLOADED', 'Too much'))
    return Promise.resolve({ indicators: [], malformed: 0 })
  }, clock)
  const page = readPage(parts, { first: 1000 }, never)
  while (asked.length < 3) await clock.advance(1000)
  await page
  expect(asked).toEqual([1000, 500, 250])
})

it('gives up at once when only a person can help', async () => {
  let asked = 0
  const parts = partsOf(() => {
    asked += 1
    return Promise.reject(new AppError('PROVIDER_REFUSED', 'No'))
  })
  await expect(readPage(parts, { first: 10 }, never)).rejects.toMatchObject({ code: 'PROVIDER_REFUSED' })
  expect(asked).toBe(1)
})
