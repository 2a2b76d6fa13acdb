import { appendFile, mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { feedConfig } from '../../src/intel/feed/config.ts'
import { createFeedProvider } from '../../src/intel/feed/feed.ts'
import { file, follow, mispEvent, useFeedFolder, UUID } from '../fixtures/feeds/following.ts'
import { manualClock } from '../support/clock.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

const UUID2 = '6f0c7a4e-1c2d-4b3a-9e8f-001122334455'

useFeedFolder()

describe('the feed provider', () => {
  it('gives every file, then ready, then what changes', async () => {
    await writeFile(file('a.txt'), 'evil.com\n')
    await writeFile(file('b.csv'), 'value,score\n198.51.100.7,80\n')
    const mirror = await follow({ feeds: [{ path: file('a.txt') }, { path: file('b.csv') }] })
    expect(mirror.taken()).toEqual(['replace a.txt', 'replace b.csv', 'ready'])
    expect(mirror.values()).toEqual(['198.51.100.7', 'evil.com'])
    expect(await mirror.check()).toEqual([])

    await appendFile(file('a.txt'), 'bad.com\n')
    expect(await mirror.check()).toEqual(['replace a.txt'])
    expect(mirror.values()).toEqual(['198.51.100.7', 'bad.com', 'evil.com'])
    expect(await mirror.telemetry.metrics.total('feed_loads_total')).toBe(3)
  })

  it('sees a change of the same size by its time, and a renamed file by its inode', async () => {
    await writeFile(file('a.txt'), 'aaa.com\n')
    await utimes(file('a.txt'), 1_000_000, 1_000_000)
    const mirror = await follow({ feeds: [{ path: file('a.txt') }] })
    await writeFile(file('new'), 'bbb.com\n')
    await utimes(file('new'), 1_000_000, 1_000_000)
    await rename(file('new'), file('a.txt'))
    mirror.taken()
    expect(await mirror.check()).toEqual(['replace a.txt'])
    await writeFile(file('a.txt'), 'ccc.com\n')
    expect(await mirror.check()).toEqual(['replace a.txt'])
    expect(mirror.values()).toEqual(['ccc.com'])
  })

  it('R43: keeps what a broken file gave before, says why, and tries again when it changes', async () => {
    await writeFile(file('a.json'), mispEvent('evil.com'))
    const mirror = await follow({ feeds: [{ path: file('a.json') }] })
    mirror.taken()
    await writeFile(file('a.json'), mispEvent('evil.com').slice(0, -9))
    expect(await mirror.check()).toEqual(['FEED_MALFORMED a.json'])
    expect(await mirror.check()).toEqual([])
    expect(mirror.values()).toEqual(['evil.com'])
    expect(mirror.telemetry.lines.find(({ level }) => level === 50)).toMatchObject({
      feed: file('a.json'),
      code: 'FEED_MALFORMED',
    })
    await writeFile(file('a.json'), mispEvent('bad.com'))
    expect(await mirror.check()).toEqual(['replace a.json'])
    expect(mirror.values()).toEqual(['bad.com'])
  })

  it('refuses a file of which it understood nothing, takes an empty one', async () => {
    await writeFile(file('a.txt'), 'evil.com\n')
    const mirror = await follow({ feeds: [{ path: file('a.txt') }] })
    mirror.taken()
    await writeFile(file('a.txt'), '<html>\n<body>Not found</body>\n')
    expect(await mirror.check()).toEqual(['FEED_MALFORMED a.txt'])
    expect(mirror.values()).toEqual(['evil.com'])
    await writeFile(file('a.txt'), '# nothing today\n')
    expect(await mirror.check()).toEqual(['replace a.txt'])
    expect(mirror.values()).toEqual([])
  })

  it('tells what it skips by file and line, and counts it', async () => {
    await writeFile(file('bad.txt'), `evil.com\n${'no value\n'.repeat(20)}`)
    const mirror = await follow({ feeds: [{ path: file('bad.txt') }] })
    const told = mirror.telemetry.lines.filter(({ msg }) => msg === 'Feed entry not understood')
    expect(told).toHaveLength(5)
    expect(told[0]).toMatchObject({
      at: `${file('bad.txt')}:2`,
      problem: 'not an address, name, URL, e-mail address or hash',
    })
    expect(mirror.telemetry.lines.find(({ msg }) => msg === 'Feed loaded')).toMatchObject({
      loaded: 1,
      skipped: { not_a_value: 20 },
    })
    expect(await mirror.telemetry.metrics.total('feed_lines_skipped_total')).toBe(20)
  })

  it('drops a file that is gone twice, not one that is replaced in two steps', async () => {
    await writeFile(file('a.txt'), 'evil.com\n')
    const mirror = await follow({ feeds: [{ path: file('a.txt') }] })
    mirror.taken()
    await rm(file('a.txt'))
    expect(await mirror.check()).toEqual([])
    await writeFile(file('a.txt'), 'bad.com\n')
    expect(await mirror.check()).toEqual(['replace a.txt'])
    await rm(file('a.txt'))
    expect(await mirror.check()).toEqual([])
    expect(mirror.values()).toEqual(['bad.com'])
    expect(await mirror.check()).toEqual(['remove a.txt'])
    expect(mirror.values()).toEqual([])
    await writeFile(file('a.txt'), 'new.com\n')
    expect(await mirror.check()).toEqual(['replace a.txt'])
  })

  it('says once that a file is missing and takes it when it comes', async () => {
    const mirror = await follow({ feeds: [{ path: file('a.txt') }], settings: { startWait: '0s' } })
    expect(mirror.taken()).toEqual(['ready'])
    await mirror.check()
    expect(mirror.telemetry.lines.filter(({ error }) => error === 'The feed is not there')).toHaveLength(1)
    await writeFile(file('a.txt'), 'evil.com\n')
    expect(await mirror.check()).toEqual(['replace a.txt'])
  })

  it('follows a folder, without its unfinished and explicit files and its folders', async () => {
    await mkdir(file('feeds/sub.txt'), { recursive: true })
    for (const name of ['b.txt', 'a.txt', '.hidden', 'c.txt.tmp', 'd.txt~', 'own.txt', 'sub.txt/x.txt']) {
      await writeFile(file(`feeds/${name}`), `${name.replaceAll(/[^a-z]/g, '')}.com\n`)
    }
    const feeds = [{ path: file('feeds') }, { path: file('feeds/own.txt'), tags: ['mine'] }]
    const mirror = await follow({ feeds })
    expect(mirror.taken()).toEqual([
      'replace feeds/a.txt',
      'replace feeds/b.txt',
      'replace feeds/own.txt',
      'ready',
    ])
    await rm(file('feeds/a.txt'))
    await writeFile(file('feeds/new.txt'), 'new.com\n')
    expect(await mirror.check()).toEqual(['replace feeds/new.txt'])
    expect(await mirror.check()).toEqual(['remove feeds/a.txt'])
  })

  it('keeps everything while a folder cannot be listed', async () => {
    await mkdir(file('feeds'))
    await writeFile(file('feeds/a.txt'), 'evil.com\n')
    const mirror = await follow({ feeds: [{ path: file('feeds') }] })
    mirror.taken()
    await rename(file('feeds'), file('elsewhere'))
    for (let checks = 0; checks < 3; checks++) expect(await mirror.check()).toEqual([])
    expect(mirror.values()).toEqual(['evil.com'])
    expect(mirror.telemetry.lines.filter(({ error }) => error === 'The feed is not there')).toHaveLength(1)
  })

  it('follows a MISP feed by its manifest', async () => {
    await mkdir(file('misp'))
    await writeFile(file('misp/hashes.csv'), 'd41d8cd9,x\n')
    await writeFile(file(`misp/${UUID}.json`), mispEvent('evil.com'))
    await writeFile(file(`misp/${UUID2}.json`), mispEvent('bad.com'))
    await writeFile(
      file('misp/manifest.json'),
      JSON.stringify({ [UUID]: {}, '../../etc/passwd': {}, gone: {} }),
    )
    const mirror = await follow({ feeds: [{ path: file('misp') }] })
    expect(mirror.taken()).toEqual([`replace misp/${UUID}.json`, 'ready'])

    await writeFile(file('misp/manifest.json'), '{"half')
    expect(await mirror.check()).toEqual([])
    await writeFile(file('misp/manifest.json'), JSON.stringify({ [UUID2]: {} }))
    expect(await mirror.check()).toEqual([`replace misp/${UUID2}.json`])
    expect(await mirror.check()).toEqual([`remove misp/${UUID}.json`])
    expect(mirror.values()).toEqual(['bad.com'])
  })

  it('reads gzip whatever the name, refuses damaged and swollen ones', async () => {
    await writeFile(file('a.txt.gz'), gzipSync('evil.com\n'))
    await writeFile(file('b.txt'), gzipSync('bad.com\n'))
    await writeFile(file('c.gz'), gzipSync('x.com\n'.repeat(9999)).subarray(0, 60))
    await writeFile(file('d.gz'), gzipSync(`${'a'.repeat(70)}.com\n`.repeat(99_999)))
    const feeds = ['a.txt.gz', 'b.txt', 'c.gz', 'd.gz'].map((name) => ({ path: file(name) }))
    const mirror = await follow({ feeds, settings: { maxFileBytes: '1MiB', startWait: '0s' } })
    expect(mirror.taken()).toEqual([
      'replace a.txt.gz',
      'replace b.txt',
      'FEED_MALFORMED c.gz',
      'FEED_MALFORMED d.gz',
      'ready',
    ])
    expect(mirror.told('Feed could not be loaded: nothing of it is in use')).toHaveLength(2)
  })

  it('bears JSON of a hundred thousand levels and what is no file', async () => {
    await writeFile(file('a.json'), '['.repeat(100_000) + ']'.repeat(100_000))
    await writeFile(
      file('b.json'),
      `{"Event":{"Attribute":[${'{"a":'.repeat(99_999)}1${'}'.repeat(99_999)}]}}`,
    )
    const feeds = [{ path: file('a.json') }, { path: file('b.json') }, { path: '/dev/zero' }]
    const mirror = await follow({ feeds, settings: { startWait: '0s' } })
    expect(mirror.taken().map((step) => step.split(' ')[0])).toEqual([
      'FEED_MALFORMED',
      'FEED_MALFORMED',
      'FEED_MALFORMED',
      'ready',
    ])
  })

  it('R43: does not apply a file that changes while it is read, and reads it again before ready', async () => {
    await writeFile(file('a.txt'), 'evil.com\n')
    let changed = false
    const onBlock = async (): Promise<void> => {
      if (!changed) await appendFile(file('a.txt'), 'bad.com\n')
      changed = true
    }
    const mirror = await follow({ feeds: [{ path: file('a.txt') }], onBlock })
    expect(mirror.taken()).toEqual(['FEED_UNREADABLE a.txt', 'replace a.txt', 'ready'])
    expect(mirror.values()).toEqual(['bad.com', 'evil.com'])
  })

  it('offers a unit again whose load was given up', async () => {
    await writeFile(file('a.txt'), 'evil.com\n')
    let failures = 1
    const onBlock = (): Promise<void> =>
      failures-- > 0 ? Promise.reject(Object.assign(new Error('disk'), { code: 'DISK' })) : Promise.resolve()
    const mirror = await follow({ feeds: [{ path: file('a.txt') }], settings: { startWait: '0s' }, onBlock })
    expect(mirror.taken()).toEqual(['DISK a.txt', 'ready'])
    expect(await mirror.check()).toEqual(['replace a.txt'])
    expect(await mirror.check()).toEqual([])
  })

  it('R43: never ends an aborted load as if it were complete', async () => {
    await writeFile(file('a.txt'), Array.from({ length: 9000 }, (_, i) => `h${i}.evil.com`).join('\n'))
    const provider = createFeedProvider({
      id: 'feeds',
      config: feedConfig.parse({ type: 'feed', feeds: [{ path: file('a.txt') }] }),
      telemetry: recordedTelemetry(manualClock()),
    })
    const stop = new AbortController()
    for await (const change of provider.changes?.(stop.signal) ?? []) {
      if (change.kind !== 'replace') break
      const blocks = change.load(stop.signal)[Symbol.asyncIterator]()
      expect((await blocks.next()).value).toHaveLength(2000)
      stop.abort()
      await expect(blocks.next()).rejects.toMatchObject({ name: 'AbortError' })
    }
  })

  it('ends on abort while it waits', async () => {
    const mirror = await follow({ feeds: [] })
    mirror.stop.abort()
    await expect(mirror.running).resolves.toBeUndefined()
  })
})
