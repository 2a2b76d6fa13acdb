import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { checkAccess } from '../../src/app/check/check.ts'
import { openCommandLists } from '../../src/app/command-lists.ts'
import { openOffline } from '../../src/app/offline.ts'
import { openWarningLists, type DaemonLists } from '../../src/app/warninglists.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/schema.ts'
import { mispConfig } from '../../src/intel/misp/config.ts'
import { startFakeMisp, type FakeMisp } from '../support/fake-misp/fake-misp.ts'
import { manualClock } from '../support/clock.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

let dir = ''
const never = new AbortController().signal

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tripline-lists-'))
})

afterEach(() => rm(dir, { recursive: true }))

/** Settings of `policy.warningLists`, everything else as by default, state and logs in the test's folder. */
async function configOf(warningLists: object = {}, providers: Config['providers'] = {}): Promise<Config> {
  const logs = { LOG_FILE_PARSED: join(dir, 'p.log'), LOG_FILE_MATCHED: join(dir, 'm.log') }
  const { config } = await loadConfig({ env: { TRIPLINE_STATE_DIR: join(dir, 'state'), ...logs } })
  const lists = { ...config.policy.warningLists, ...warningLists }
  return { ...config, policy: { ...config.policy, warningLists: lists }, providers }
}

async function writeList(path: string, name: string, list: readonly string[]): Promise<void> {
  await mkdir(join(dir, path, '..'), { recursive: true })
  await writeFile(
    join(dir, path),
    JSON.stringify({ name, type: 'hostname', version: 1, description: '', list }),
  )
}

const domain = (value: string) => ({ type: 'domain', value }) as const

describe('folders', () => {
  it('give the lists in them, in either shape, and tell what cannot be used', async () => {
    await writeList('lists/one/list.json', 'One', ['a.com'])
    await writeList('lists/two.json', 'Two', ['b.com', ''])
    await writeFile(join(dir, 'lists/schema.json'), '{"type":"object"}')
    await mkdir(join(dir, 'lists/broken'))
    await writeFile(join(dir, 'lists/broken/list.json'), '{"name":')
    await writeFile(join(dir, 'lists/README.md'), 'text')
    await mkdir(join(dir, 'lists/folder.json'))
    await symlink('/dev/zero', join(dir, 'lists/zero.json'))
    const telemetry = recordedTelemetry()
    const folders = [join(dir, 'lists'), join(dir, 'none')]
    const daemon = await openWarningLists(await configOf({ folders, suppress: ['TWO'] }), telemetry, never)
    expect(daemon.lists.check(domain('x.a.com'))).toEqual([{ list: 'One', action: 'annotate' }])
    expect(daemon.lists.check(domain('x.b.com'))).toEqual([{ list: 'Two', action: 'suppress' }])
    expect(telemetry.lines).toMatchObject([
      { msg: 'Warning-list cannot be used: it is left out', problem: 'It is no JSON' },
      { msg: 'Entries of a warning-list were not understood', list: 'Two', skipped: 1 },
      { folder: join(dir, 'none'), problem: 'It is not there' },
      { msg: 'Warning-lists are in use', lists: 2, entries: 2, skipped: 1 },
    ])
    expect(await telemetry.metrics.total('warning_list_entries')).toBe(2)
    await daemon.ready
    await daemon.close()
  })

  it('are described by check, which refuses one that is missing and names what no list is called', async () => {
    await writeList('lists/one/list.json', 'One', ['a.com', ''])
    await mkdir(join(dir, 'empty'))
    const folders = ['lists', 'empty', 'none'].map((name) => join(dir, name))
    const config = await configOf({ folders, ignore: ['one', 'Unheard of'] })
    const findings = await checkAccess(config, { clock: manualClock(), signal: never })
    expect(findings.filter(({ subject }) => subject === 'policy.warningLists')).toMatchObject([
      {
        level: 'warning',
        text: `${folders[0]}: 1 list, 1 entry; entries not understood: 1`,
        hint: 'In: One (1)',
      },
      { level: 'warning', text: `${folders[1]}: no warning-list in the folder` },
      { level: 'error', text: `${folders[2]}: It is not there` },
      { level: 'warning', text: 'Unheard of is the name of no list in the folders' },
    ])
  })

  it('hold matches of commands back', async () => {
    await writeList('lists/one/list.json', 'One', ['evil.com'])
    await writeFile(join(dir, 'feed.txt'), 'evil.com\nworse.com\n')
    const config = await configOf({ folders: [join(dir, 'lists')], suppress: ['One'] })
    const { config: defaults } = await loadConfig({ env: { TRIPLINE_FEEDS: join(dir, 'feed.txt') } })
    const offline = await openOffline({
      config: { ...config, providers: defaults.providers },
      telemetry: recordedTelemetry(),
      signal: never,
    })
    const observable = { ...domain('evil.com'), where: ['data.x'] as const }
    const [found] = offline.index.find(observable)
    if (found === undefined) throw new Error('the feed is not in the index')
    expect(offline.policy.judge(observable, found, 0)).toMatchObject({
      heldBy: 'warning-list',
      warnings: ['One'],
    })
    await offline.close()
  })
})

const kept = () => readdir(join(dir, 'state/warninglists/misp'))

describe('a MISP', () => {
  let misp: FakeMisp
  let daemon: DaemonLists | undefined

  beforeEach(async () => {
    misp = await startFakeMisp({})
    misp.addWarningList({ name: 'Ours', type: 'hostname', entries: ['a.com'], id: 7, version: 1 })
    misp.addWarningList({ name: 'Off', type: 'hostname', entries: ['a.com'], id: 8, enabled: false })
  })

  afterEach(async () => {
    await daemon?.close()
    daemon = undefined
    await misp.close()
  })

  async function open(clock = manualClock()) {
    const settings = mispConfig.parse({ type: 'misp', url: misp.url, apiKey: misp.keys.user })
    const telemetry = recordedTelemetry(clock)
    const opened = await openWarningLists(await configOf({}, { misp: settings }), telemetry, never)
    daemon = opened
    await opened.ready
    return { lists: opened.lists, telemetry, clock }
  }

  const hits = [{ list: 'Ours', action: 'annotate' }]
  const asked = (path: string) => misp.requests.filter((request) => request.path.includes(path)).length

  it('gives its enabled lists, fetches them again only when they change, and forgets those switched off', async () => {
    const { lists, telemetry, clock } = await open()
    expect(lists.check(domain('x.a.com'))).toEqual(hits)
    expect(await kept()).toEqual(['7.json'])
    misp.clearRequests()
    misp.addWarningList({ name: 'New', type: 'hostname', entries: ['b.com'], id: 9 })
    await clock.advance(3_600_000)
    await vi.waitFor(() => expect(lists.check(domain('b.com'))).toHaveLength(1))
    expect(lists.check(domain('x.a.com'))).toEqual(hits)
    expect(asked('/7')).toBe(0)
    for (const list of misp.instance.warningLists.all) list.enabled = list.id === 9
    await vi.waitFor(async () => expect(await kept()).toEqual(['7.json', '9.json']))
    await clock.advance(3_600_000)
    await vi.waitFor(() => expect(lists.check(domain('x.a.com'))).toEqual([]))
    await vi.waitFor(async () => expect(await kept()).toEqual(['9.json']))
    expect(await telemetry.metrics.total('warning_list_entries')).toBe(1)
  })

  it('holds back what its users say is a false positive', async () => {
    misp.addWarningList({ name: 'Made here', type: 'hostname', entries: ['b.com'], default: false })
    const { lists } = await open()
    expect(lists.check(domain('b.com'))).toEqual([{ list: 'Made here', action: 'suppress' }])
  })

  it('holds matches of commands back too, from what is kept or as it answers, and nothing is written', async () => {
    misp.addWarningList({ name: 'Made here', type: 'hostname', entries: ['b.com'], default: false })
    const settings = mispConfig.parse({ type: 'misp', url: misp.url, apiKey: misp.keys.user })
    const config = await configOf({}, { misp: settings })
    const heldOf = async (telemetry = recordedTelemetry()) => {
      const lists = await openCommandLists(config, telemetry, { signal: never })
      return lists.check(domain('b.com')).map(({ action }) => action)
    }
    expect(await heldOf()).toEqual(['suppress'])
    await expect(kept()).rejects.toThrow('ENOENT')
    await open()
    await daemon?.close()
    await misp.stop()
    expect(await heldOf()).toEqual(['suppress'])
    await rm(join(dir, 'state'), { recursive: true })
    const telemetry = recordedTelemetry()
    expect(await heldOf(telemetry)).toEqual([])
    expect(telemetry.lines).toMatchObject([
      { msg: 'Warning-lists of a MISP could not be fetched: nothing is held back for them' },
    ])
  })

  it('may be away at the next start: what it gave is kept, and refreshed when it is back', async () => {
    await open()
    await daemon?.close()
    await misp.stop()
    const { lists, telemetry, clock } = await open()
    expect(lists.check(domain('x.a.com'))).toEqual(hits)
    // Alerts do not wait for the answer that does not come.
    const told = await vi.waitUntil(() => (telemetry.lines.length > 1 ? telemetry.lines : undefined))
    expect(told.map(({ msg }) => msg)).toEqual([
      'Warning-lists kept from an earlier time are in use until their MISP answers',
      'Warning-lists of a MISP could not be fetched: those fetched before stay in use',
    ])
    await misp.start()
    misp.addWarningList({ name: 'New', type: 'hostname', entries: ['b.com'], id: 9 })
    await clock.advance(300_000)
    await vi.waitFor(() => expect(lists.check(domain('b.com'))).toHaveLength(1))
  })

  it('is started without when nothing is kept and it is away', async () => {
    await misp.stop()
    const { lists } = await open()
    expect(lists.check(domain('x.a.com'))).toEqual([])
  })

  it('survives damage to what is kept', async () => {
    await open()
    await daemon?.close()
    await writeFile(join(dir, 'state/warninglists/misp/7.json'), '{"key":"1 1","li')
    await writeFile(join(dir, 'state/warninglists/misp/%.json'), '{"key":"1 1","list":{}}')
    const { lists } = await open()
    expect(lists.check(domain('x.a.com'))).toEqual(hits)
    expect(await kept()).toEqual(['7.json'])
  })
})
