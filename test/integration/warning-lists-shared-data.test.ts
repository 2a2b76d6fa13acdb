import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { indicatorValues } from '../../src/canonical/indicator-value.ts'
import { readListFolder, type ListFolder } from '../../src/intel/warninglists/folder.ts'
import { createWarningLists, type WarningLists } from '../../src/intel/warninglists/warning-lists.ts'
import { contentOf } from '../support/warning-lists.ts'

const DATA = join(import.meta.dirname, '../../../shared/data')
const FOLDER = join(DATA, 'misp/warninglists')
const RECORDED = join(DATA, 'misp-recorded')
const present = existsSync(FOLDER)

it('has real warning-lists beside the checkout', (context) => {
  context.skip(!present, 'the folder shared/data is absent: no real list is tried')
  expect(present).toBe(true)
})

describe.skipIf(!present)('45 lists of the public collection', () => {
  let folder: ListFolder
  let lists: WarningLists
  beforeAll(async () => {
    folder = await readListFolder(FOLDER, new AbortController().signal)
    lists = createWarningLists({ suppress: [], annotate: [], ignore: [] })
    lists.replace('folder', folder.lists)
  })

  it('are read without a damaged entry; their schema is no list', () => {
    expect(folder.failed).toEqual([])
    expect(folder.lists).toHaveLength(45)
    expect(folder.lists.filter(({ skipped }) => skipped > 0)).toEqual([])
    expect(lists.entries()).toBeGreaterThan(90_000)
  })

  const TOP = 'Top 10K most-used sites from Tranco'
  const UMBRELLA = ['Top 1000 websites from Cisco Umbrella', 'Top 5000 websites from Cisco Umbrella']
  const PRIVATE = ['List of RFC 1918 CIDR blocks', 'List of RFC 5735 CIDR blocks']
  const LOTS = 'List of LOTS (Living Off Trusted Sites) Project Domains'
  it.each<[text: string, suppressing: string[], annotating: string[]]>([
    ['8.8.8.8', ['List of known IPv4 public DNS resolvers'], []],
    ['2001:4860:4860::8888', ['List of known IPv6 public DNS resolvers'], []],
    ['10.0.0.1', PRIVATE, []],
    ['10.1.0.0/16', PRIVATE, []],
    ['10.0.0.0/7', [], []],
    ['fe80::1', ['List of IPv6 link local blocks'], []],
    ['104.16.1.1', [], ['List of known Cloudflare IP ranges']],
    ['http://104.16.1.1/x', [], ['List of known Cloudflare IP ranges']],
    ['google.com', [...UMBRELLA, 'List of known google domains', TOP], []],
    // Strings do not stand for the names below them.
    ['no-such-host.google.com', [], [TOP]],
    ['http://www.google.com/x', [], [TOP]],
    ['x.duckdns.org', [], [LOTS, TOP]],
    ['44d88612fea8a8f36de82e1278abb02f', ['List of hashes for EICAR test virus'], []],
    ['abuse@example.com', [], ['Common contact e-mail addresses']],
    ['someone@mailinator.com', [], ['List of disposable email domains']],
    [
      'https://bit.ly/3abcdef',
      [],
      ['List of known link in Bio domains', LOTS, TOP, 'List of known URL Shorteners domains'],
    ],
    ['clean-interop-zz9.net', [], []],
  ])('%s', (text, suppressing, annotating) => {
    const hits = indicatorValues(text).flatMap((value) => lists.check(value))
    const names = (action: string) => hits.filter((hit) => hit.action === action).map(({ list }) => list)
    expect(names('suppress')).toEqual(suppressing)
    expect(names('annotate')).toEqual(annotating)
  })

  it('takes a digest of hex digits for no telephone number', () => {
    const hash = { type: 'sha256', value: `${'a'.repeat(40)}07700900123${'b'.repeat(13)}` } as const
    expect(lists.check(hash)).toEqual([])
  })
})

describe.skipIf(!existsSync(RECORDED))('what a MISP 2.5.1 answered', () => {
  it('is read as a list', () => {
    const exchange = JSON.parse(readFileSync(join(RECORDED, 'warninglists__view_small.json'), 'utf8')) as {
      response: { body: string }
    }
    const { head, entries } = contentOf(JSON.parse(exchange.response.body))
    expect(entries).toEqual(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'])
    expect(head).toMatchObject({
      name: 'List of RFC 1918 CIDR blocks',
      type: 'cidr',
      version: '5',
      category: 'false_positive',
      default: true,
      matching_attributes: ['ip-src', 'ip-dst', 'domain|ip', 'ip-dst|port', 'ip-src|port'],
    })
  })
})
