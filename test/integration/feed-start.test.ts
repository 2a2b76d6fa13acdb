import { mkdir, rm, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { file, follow, mispEvent, useFeedFolder } from '../fixtures/feeds/following.ts'

useFeedFolder()

const MISSING = 'Feeds are missing: no alert is read until they are there or the time is up'
const WITHOUT = 'Feeds are still missing: alerts are matched without them from now on'

describe('the feed provider at start', () => {
  it('waits for a feed that is not there, says so, and is ready when it came', async () => {
    await writeFile(file('a.txt'), 'evil.com\n')
    const mirror = await follow({ feeds: [{ path: file('a.txt') }, { path: file('late/b.txt') }] })
    expect(mirror.taken()).toEqual(['replace a.txt'])
    expect(await mirror.after(1000)).toEqual([])
    expect(mirror.told(MISSING)).toMatchObject([
      {
        level: 40,
        leftMs: 60_000,
        missing: 1,
        feeds: [{ feed: file('late/b.txt'), problem: 'The feed is not there' }],
      },
    ])
    expect(mirror.told('Feed cannot be looked at: nothing of it is in use')).toHaveLength(1)
    await mkdir(file('late'))
    await writeFile(file('late/b.txt'), 'bad.com\n')
    expect(await mirror.after(1000)).toEqual(['replace late/b.txt', 'ready'])
    expect(mirror.values()).toEqual(['bad.com', 'evil.com'])
    expect(mirror.told(WITHOUT)).toEqual([])
  })

  it('goes on without it when startWait has passed, and says aloud what is missing', async () => {
    await writeFile(file('b.json'), '{"half')
    const feeds = [{ path: file('a.txt') }, { path: file('b.json') }]
    const mirror = await follow({ feeds, settings: { startWait: '2500ms' } })
    expect(mirror.taken()).toEqual(['FEED_MALFORMED b.json'])
    expect(mirror.told('Feed could not be loaded: nothing of it is in use')).toHaveLength(1)
    expect(await mirror.after(1000)).toEqual([])
    expect(await mirror.after(1000)).toEqual([])
    expect(await mirror.after(500)).toEqual(['ready'])
    expect(mirror.told(WITHOUT)).toMatchObject([
      {
        level: 50,
        waitedMs: 2500,
        missing: 2,
        feeds: [
          { feed: file('a.txt'), problem: 'The feed is not there' },
          { feed: file('b.json'), problem: expect.stringContaining('The feed is no JSON') as string },
        ],
      },
    ])
    await writeFile(file('a.txt'), 'evil.com\n')
    expect(await mirror.check()).toEqual(['replace a.txt'])
  })

  it('waits for a broken feed to be mended, and for a mirror that cannot store', async () => {
    await writeFile(file('a.json'), mispEvent('evil.com').slice(0, -9))
    let failures = 1
    const onBlock = (): Promise<void> =>
      failures-- > 0 ? Promise.reject(Object.assign(new Error('disk'), { code: 'DISK' })) : Promise.resolve()
    const mirror = await follow({ feeds: [{ path: file('a.json') }], onBlock })
    expect(mirror.taken()).toEqual(['FEED_MALFORMED a.json'])
    await writeFile(file('a.json'), mispEvent('evil.com'))
    expect(await mirror.after(1000)).toEqual(['DISK a.json'])
    expect(await mirror.after(1000)).toEqual(['replace a.json', 'ready'])
  })

  it('looks more often than once a second when checkInterval says so', async () => {
    const mirror = await follow({ feeds: [{ path: file('a.txt') }], settings: { checkInterval: '50ms' } })
    await writeFile(file('a.txt'), 'evil.com\n')
    expect(await mirror.after(50)).toEqual(['replace a.txt', 'ready'])
  })

  it('waits for a folder to be filled or mounted, and names it', async () => {
    await mkdir(file('feeds/sub'), { recursive: true })
    await writeFile(file('feeds/sub/a.txt'), 'evil.com\n')
    await writeFile(file('feeds/README'), 'http://readme.example.com/\n')
    const mirror = await follow({ feeds: [{ path: file('feeds') }] })
    expect(await mirror.after(1000)).toEqual([])
    const empty = 'Feed folder has no feed files in it; folders in it are not read'
    expect(mirror.told(empty)).toMatchObject([{ level: 40, feed: file('feeds') }])
    await writeFile(file('feeds/b.txt'), 'bad.com\n')
    expect(await mirror.after(1000)).toEqual(['replace feeds/b.txt', 'ready'])
  })

  it('does not wait when nothing is configured, nor with 0s', async () => {
    expect((await follow({ feeds: [] })).taken()).toEqual(['ready'])
    const feeds = [{ path: file('a.txt') }]
    const mirror = await follow({ feeds, settings: { startWait: '0s' } })
    expect(mirror.taken()).toEqual(['ready'])
    expect([mirror.told(MISSING).length, mirror.told(WITHOUT).length]).toEqual([0, 1])
  })

  it('gives up a file of a folder that went before it could be loaded', async () => {
    await mkdir(file('feeds'))
    await writeFile(file('feeds/a.txt'), 'evil.com\n')
    await writeFile(file('feeds/b.json'), '{"half')
    const mirror = await follow({ feeds: [{ path: file('feeds') }] })
    expect(mirror.taken()).toEqual(['replace feeds/a.txt', 'FEED_MALFORMED feeds/b.json'])
    await rm(file('feeds/b.json'))
    expect(await mirror.after(1000)).toEqual([])
    expect(await mirror.after(1000)).toEqual(['remove feeds/b.json', 'ready'])
  })

  it('ends on abort while it waits for a feed', async () => {
    const mirror = await follow({ feeds: [{ path: file('a.txt') }] })
    mirror.stop.abort()
    await expect(mirror.running).resolves.toBeUndefined()
    expect(mirror.taken()).toEqual([])
  })
})

const LEFT_OUT = 'File in a feed folder is no feed: it is left out'

describe('a feed folder with other files in it', () => {
  it.each([
    ['notes.txt', 'These are the lists we use.\nAsk Kim about them.\n'],
    ['index.html', '<html>\n<body>Not found</body>\n'],
    ['package.json', '{"name":"feeds","version":"1.0.0"}'],
    ['report.csv', 'when,who\nmonday,kim\n'],
  ])('leaves %s out with a warning that names it', async (name, text) => {
    await mkdir(file('feeds'))
    await writeFile(file('feeds/a.txt'), 'evil.com\n')
    await writeFile(file(`feeds/${name}`), text)
    const mirror = await follow({ feeds: [{ path: file('feeds') }] })
    expect(mirror.taken()).toEqual(['replace feeds/a.txt', `replace feeds/${name}`, 'ready'])
    expect(mirror.values()).toEqual(['evil.com'])
    expect(mirror.told(LEFT_OUT)).toMatchObject([{ level: 40, feed: file(`feeds/${name}`) }])
    expect(await mirror.check()).toEqual([])

    await writeFile(file(`feeds/${name}`), name.endsWith('.json') ? mispEvent('bad.com') : 'bad.com\n')
    expect(await mirror.check()).toEqual([`replace feeds/${name}`])
    expect(mirror.values()).toEqual(['bad.com', 'evil.com'])
  })

  it('passes over what belongs to a repository without a word', async () => {
    await mkdir(file('feeds'))
    for (const name of ['README', 'README.txt', 'readme.md', 'LICENSE', 'Licence-MIT', 'CHANGES.md'])
      await writeFile(file(`feeds/${name}`), 'http://www.example.com/licenses/\n')
    await writeFile(file('feeds/a.txt'), 'evil.com\n')
    const mirror = await follow({ feeds: [{ path: file('feeds') }] })
    expect(mirror.taken()).toEqual(['replace feeds/a.txt', 'ready'])
    expect(mirror.telemetry.lines.filter(({ level }) => Number(level) >= 40)).toEqual([])
  })

  it('keeps what a feed gave before it became something else', async () => {
    await mkdir(file('feeds'))
    await writeFile(file('feeds/a.txt'), 'evil.com\n')
    const mirror = await follow({ feeds: [{ path: file('feeds') }] })
    mirror.taken()
    await writeFile(file('feeds/a.txt'), '<html>\n<body>Not found</body>\n')
    expect(await mirror.check()).toEqual(['FEED_MALFORMED feeds/a.txt'])
    expect(mirror.values()).toEqual(['evil.com'])
  })

  it('is missing at start when all of it is something else, and a damaged file is no other file', async () => {
    await mkdir(file('feeds'))
    await writeFile(file('feeds/a.txt'), '<html>\n<body>Not found</body>\n')
    await writeFile(file('b.txt'), 'no value here\n')
    const mirror = await follow({ feeds: [{ path: file('feeds') }, { path: file('b.txt') }] })
    expect(mirror.taken()).toEqual(['replace feeds/a.txt', 'FEED_MALFORMED b.txt'])
    expect(mirror.told(MISSING)[0]).toMatchObject({
      feeds: [
        { feed: file('b.txt'), problem: 'Nothing in the feed was understood' },
        { feed: file('feeds'), problem: 'No file of the folder is a feed' },
      ],
    })
  })
})
