import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { feedConfig } from '../../src/intel/feed/config.ts'
import { describeFeeds, loadFeedOnce } from '../../src/intel/feed/inspect.ts'
import { mispConfig } from '../../src/intel/misp/config.ts'
import { createProvider } from '../../src/intel/registry.ts'
import { manualClock } from '../support/clock.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

let dir = ''

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tripline-feed-'))
})

afterEach(async () => {
  await rm(dir, { recursive: true })
})

const file = (name: string): string => join(dir, name)

describe('feeds for commands', () => {
  it('describes what the paths hold', async () => {
    await mkdir(file('feeds'))
    await writeFile(file('feeds/a.txt'), 'evil.com\n')
    await writeFile(file('feeds/b.json'), '{"type":"bundle","objects":[]}')
    const config = feedConfig.parse({
      type: 'feed',
      feeds: [{ path: file('feeds') }, { path: file('none') }],
    })
    expect(await describeFeeds(config)).toMatchObject([
      {
        path: file('feeds'),
        files: [
          { path: file('feeds/a.txt'), sizeBytes: 9, format: 'plain' },
          { path: file('feeds/b.json'), sizeBytes: 30, format: 'stix' },
        ],
      },
      { path: file('none'), files: [], problem: { code: 'FEED_UNREADABLE' } },
    ])
  })

  it('loads one path once', async () => {
    await writeFile(file('a.txt'), 'evil.com\nno value\n')
    await writeFile(file('b.json'), '{')
    const [entry] = feedConfig.parse({ type: 'feed', feeds: [{ path: dir }] }).feeds
    if (entry === undefined) throw new Error('one entry was given')
    const found: string[] = []
    const loaded = await loadFeedOnce(entry, {
      provider: 'feeds',
      maxBytes: 1e6,
      clock: manualClock(),
      signal: new AbortController().signal,
      onBlock: (block) => found.push(...block.map(({ value }) => value)),
    })
    expect(found).toEqual(['evil.com'])
    expect(loaded[0]?.outcome).toMatchObject({ loaded: 1, samples: [{ at: `${file('a.txt')}:2` }] })
    expect(loaded[1]?.error).toMatchObject({ code: 'FEED_MALFORMED' })
  })

  it('creates feeds, and nothing for a MISP server in this version', () => {
    const telemetry = recordedTelemetry()
    const config = feedConfig.parse({ type: 'feed' })
    expect(createProvider({ id: 'feeds', config, telemetry })?.id).toBe('feeds')
    const misp = mispConfig.parse({ type: 'misp', url: 'https://misp.example', apiKey: new Secret('x') })
    expect(createProvider({ id: 'misp', config: misp, telemetry })).toBeUndefined()
  })
})
