import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { feedConfig } from '../../src/intel/feed/config.ts'
import { inspectFeeds } from '../../src/intel/feed/inspect.ts'
import { manualClock } from '../support/clock.ts'

let dir = ''

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tripline-feed-'))
})

afterEach(async () => {
  await rm(dir, { recursive: true })
})

const file = (name: string): string => join(dir, name)

describe('feeds for commands', () => {
  it('describes what the paths hold, and counts what is in them', async () => {
    await mkdir(file('feeds'))
    await mkdir(file('empty/sub'), { recursive: true })
    await writeFile(file('feeds/a.txt'), 'evil.com\nno value\n')
    await writeFile(file('feeds/b.json'), '{"type":"bundle","objects":[]}')
    await writeFile(file('feeds/c.json'), '{')
    await writeFile(file('feeds/d.txt'), 'no value\n')
    const config = feedConfig.parse({
      type: 'feed',
      feeds: ['feeds', 'none', 'empty', 'feeds/a.txt'].map((name) => ({ path: file(name) })),
    })
    let indicators = 0
    const described = await inspectFeeds(config, {
      provider: 'feeds',
      clock: manualClock(),
      signal: new AbortController().signal,
      onIndicators: (count) => {
        indicators += count
      },
    })
    expect(described).toMatchObject([
      {
        path: file('feeds'),
        files: [
          { path: file('feeds/b.json'), sizeBytes: 30, format: 'stix', end: { kind: 'loaded' } },
          { path: file('feeds/c.json'), end: { kind: 'failed', error: { code: 'FEED_MALFORMED' } } },
          { path: file('feeds/d.txt'), format: 'plain', end: { kind: 'left-out' } },
        ],
      },
      { path: file('none'), files: [], problem: { code: 'FEED_UNREADABLE' } },
      { path: file('empty'), files: [], isEmptyFolder: true },
      {
        path: file('feeds/a.txt'),
        files: [
          { end: { kind: 'loaded', outcome: { loaded: 1, samples: [{ at: `${file('feeds/a.txt')}:2` }] } } },
        ],
      },
    ])
    expect(indicators).toBe(1)
  })
})
