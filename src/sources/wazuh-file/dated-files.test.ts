import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listDatedFiles } from './dated-files.ts'

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

async function listed(name: string, from?: string): Promise<readonly string[]> {
  const files = await listDatedFiles(join(root, name), from)
  return files.map(({ path }) => path.slice(root.length + 1))
}

describe('listDatedFiles', () => {
  it('gives them in the order they were written, over days, parts, months and years', async () => {
    touch(
      '2026/Nov/ossec-alerts-02.json',
      '2026/Nov/ossec-alerts-01-010.json',
      '2026/Nov/ossec-alerts-01-002.json',
    )
    touch('2026/Nov/ossec-alerts-01.json', '2026/Apr/ossec-alerts-30.json', '2025/Dec/ossec-alerts-31.json')
    touch('2026/Nov/ossec-alerts-01-1000.json')
    const all = [
      '2025/Dec/ossec-alerts-31.json',
      '2026/Apr/ossec-alerts-30.json',
      '2026/Nov/ossec-alerts-01.json',
      '2026/Nov/ossec-alerts-01-002.json',
      '2026/Nov/ossec-alerts-01-010.json',
      '2026/Nov/ossec-alerts-01-1000.json',
      '2026/Nov/ossec-alerts-02.json',
    ]
    expect(await listed('alerts.json')).toEqual(all)
    const keys = (await listDatedFiles(join(root, 'alerts.json'))).map(({ key }) => key)
    expect(await listed('alerts.json', keys[3])).toEqual(all.slice(3))
  })

  it('leaves out other files, and the packed one of a file that is still there', async () => {
    touch(
      '2026/Nov/ossec-alerts-01.json',
      '2026/Nov/ossec-alerts-01.json.gz',
      '2026/Nov/ossec-alerts-01.json.sum',
    )
    touch(
      '2026/Nov/ossec-alerts-02.json.gz',
      '2026/Nov/ossec-alerts-02.log',
      '2026/Nov/ossec-archive-02.json',
    )
    touch('2026/Foo/ossec-alerts-03.json', 'old/Nov/ossec-alerts-03.json', 'alerts.json')
    expect(await listed('alerts.json')).toEqual([
      '2026/Nov/ossec-alerts-01.json',
      '2026/Nov/ossec-alerts-02.json.gz',
    ])
    expect(await listed('archives.json')).toEqual(['2026/Nov/ossec-archive-02.json'])
  })

  it('gives nothing for a path that is not Wazuh’s, or without folders', async () => {
    touch('2026/Nov/ossec-alerts-01.json')
    expect(await listed('other.json')).toEqual([])
    expect(await listDatedFiles('/does/not/exist/alerts.json')).toEqual([])
  })
})
