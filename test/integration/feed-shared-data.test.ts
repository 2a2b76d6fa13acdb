import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { feedConfig } from '../../src/intel/feed/config.ts'
import { inspectFeeds } from '../../src/intel/feed/inspect.ts'
import type { FileEnd } from '../../src/intel/feed/reading.ts'

const DATA = join(import.meta.dirname, '../../../shared/data')
const present = existsSync(DATA)

async function load(path: string): Promise<readonly FileEnd[]> {
  const config = feedConfig.parse({ type: 'feed', feeds: [{ path: join(DATA, path) }] })
  const [feed] = await inspectFeeds(config, {
    provider: 'feed',
    clock: systemClock,
    signal: new AbortController().signal,
    onIndicators: () => undefined,
  })
  return feed?.files.map(({ end }) => end) ?? []
}

it('has events and bundles of others beside the checkout', (context) => {
  context.skip(!present, 'the folder shared/data is absent: nothing of others is tried')
  expect(present).toBe(true)
})

describe.skipIf(!present)('events and bundles of others', () => {
  it.each(['misp/pymisp', 'misp/misp-core', 'misp/misp-book-examples', 'misp/issue-samples', 'opencti/stix'])(
    '%s loads, or is refused as a whole',
    async (folder) => {
      const loaded = await load(folder)
      expect(loaded).toHaveLength(readdirSync(join(DATA, folder)).length)
      const codes = loaded.flatMap((end) => (end.kind === 'failed' ? [end.error.code] : []))
      expect(codes.filter((code) => code !== 'FEED_MALFORMED')).toEqual([])
    },
  )

  it.each<[path: string, loaded: number, unsupported: number]>([
    ['misp/misp-core/tests_event.json', 27, 11],
    ['misp/misp-core/tests_event.csv', 27, 11],
    ['misp/pymisp/tests_mispevent_testfiles_existing_event.json', 68, 54],
    ['misp/pymisp/tests_reportlab_testfiles_long_event.json', 273, 99],
    ['misp/pymisp/tests_reportlab_testfiles_mainly_objects_1.json', 29, 45],
    ['misp/issue-samples/restSearch_uri_response_elastic8565.json', 1, 0],
    ['opencti/stix/DATA-TEST-STIX2_v2.json', 3, 0],
    ['opencti/stix/data-test-stix-e2e.json', 4, 0],
    ['opencti/stix/pycti-indicator_stix.json', 2, 0],
  ])('%s gives %i indicators', async (path, indicators, unsupported) => {
    const [file] = await load(path)
    expect(file?.kind).toBe('loaded')
    expect(file?.outcome.loaded).toBe(indicators)
    expect(file?.outcome.skipped['unsupported_type'] ?? 0).toBe(unsupported)
  })
})
