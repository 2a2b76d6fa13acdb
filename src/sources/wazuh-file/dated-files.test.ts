import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keyOfDaysBack, newestFirst, oldestFirst, partsMissing } from './dated-files.ts'
import { layoutOf, type Layout } from './layout.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tripline-dated-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function touch(...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), '')
  }
}

async function layout(name: string): Promise<Layout> {
  return (await layoutOf(join(root, name))) ?? { root: '/nowhere', stems: [] }
}

async function listed(name: string, from?: string): Promise<readonly string[]> {
  const files = await oldestFirst(await layout(name), from)
  return files.map(({ path }) => path.slice(root.length + 1))
}

const ORDER = [
  '2025/Dec/ossec-alerts-31.json',
  '2026/Apr/ossec-alerts-30.json',
  '2026/Nov/ossec-alerts-01.json',
  '2026/Nov/ossec-alerts-01-002.json',
  '2026/Nov/ossec-alerts-01-010.json',
  '2026/Nov/ossec-alerts-01-1000.json',
  '2026/Nov/ossec-alerts-02.json',
]

describe('the dated files', () => {
  it('come in the order they were written, over days, parts, months and years', async () => {
    touch(...ORDER.toReversed())
    expect(await listed('alerts.json')).toEqual(ORDER)
    const keys = (await oldestFirst(await layout('alerts.json'))).map(({ key }) => key)
    expect(await listed('alerts.json', keys[3])).toEqual(ORDER.slice(3))
    const newest = await newestFirst(await layout('alerts.json'))
    expect(newest.map(({ key }) => key)).toEqual(keys.toReversed())
  })

  it('are those of the link’s name alone, and say when one is there plain and packed', async () => {
    touch('2026/Nov/ossec-alerts-01.json', '2026/Nov/ossec-alerts-01.json.gz')
    touch('2026/Nov/ossec-alerts-01.json.sum', '2026/Nov/ossec-alerts-02.log')
    touch('2026/Nov/ossec-alerts-02.json.gz', '2026/Nov/ossec-archive-02.json')
    touch('2026/Foo/ossec-alerts-03.json', 'old/Nov/ossec-alerts-03.json', 'alerts.json')
    const files = await oldestFirst(await layout('alerts.json'))
    expect(files.map(({ path, gzip, twin }) => [path.slice(root.length + 1), gzip, twin])).toEqual([
      ['2026/Nov/ossec-alerts-01.json.gz', true, true],
      ['2026/Nov/ossec-alerts-01.json', false, true],
      ['2026/Nov/ossec-alerts-02.json.gz', true, false],
    ])
    expect(await listed('archives.json')).toEqual(['2026/Nov/ossec-archive-02.json'])
  })

  it('of a channel of Wazuh 5 are found by its name, however it begins', async () => {
    touch('2026/Nov/wazuh-network-dns-01.json', '2026/Nov/wazuh-network-01-1.json.gz')
    touch('2026/Nov/wazuh-network-01.json.gz', '2026/Nov/network-02.json', '2026/Nov/ossec-alerts-01.json')
    expect(await listed('network.json')).toEqual([
      '2026/Nov/wazuh-network-01.json.gz',
      '2026/Nov/wazuh-network-01-1.json.gz',
      '2026/Nov/network-02.json',
    ])
    expect(await listed('network-dns.json')).toEqual(['2026/Nov/wazuh-network-dns-01.json'])
  })

  it('are none for a path that is not Wazuh’s, or without folders', async () => {
    touch('2026/Nov/ossec-alerts-01.json')
    expect(await listed('other.json')).toEqual([])
    expect(await layoutOf(join(root, 'alerts.log'))).toBeUndefined()
    expect(await oldestFirst({ root: '/does/not/exist', stems: ['ossec-alerts'] })).toEqual([])
  })

  it('lie where a symbolic link leads, be it to the link or to a dated file', async () => {
    touch('real/2026/Nov/ossec-alerts-01.json')
    symlinkSync('real/alerts.json', join(root, 'alerts.json'))
    symlinkSync('real/2026/Nov/ossec-alerts-01.json', join(root, 'current'))
    expect(await listed('alerts.json')).toEqual(['real/2026/Nov/ossec-alerts-01.json'])
    expect(await listed('current')).toEqual(['real/2026/Nov/ossec-alerts-01.json'])
  })
})

describe('days back', () => {
  it('count days that have files, the newest one included', async () => {
    touch(...ORDER)
    const keys = await Promise.all(
      [1, 2, 3, 99].map(async (days) => keyOfDaysBack(await layout('alerts.json'), days)),
    )
    expect(keys).toEqual(['2026-11-02', '2026-11-01', '2026-04-30', '2025-12-31'])
    expect(await keyOfDaysBack(await layout('archives.json'), 5)).toBeUndefined()
  })
})

describe('missing parts', () => {
  it.each([
    ['2026-11-01.000000000', '2026-11-01.000000001', 0],
    ['2026-11-01.000000000', '2026-11-01.000000004', 3],
    ['2026-11-01.000000005', '2026-11-02.000000000', 0],
    ['2026-11-01.000000005', '2026-11-02.000000002', 2],
    ['2026-11-01.000000005', '2026-11-01.000000005', 0],
    ['2026-11-02.000000000', '2026-11-01.000000005', 0],
  ])('between %s and %s are %i', (before, after, files) => {
    expect(partsMissing(before, after)).toBe(files)
  })
})
