import { describe, expect, it } from 'vitest'
import { chunksOf, read, type EntryInput, type Reading } from '../../../test/fixtures/feeds/reading.ts'
import { MAX_LINE_CHARS } from './lines.ts'
import { parsePlain } from './plain.ts'

function readPlain(text: string | Buffer, settings: EntryInput = {}, size = 1024): Promise<Reading> {
  return read((maker) => parsePlain(chunksOf(text, size), maker), settings)
}

describe('parsePlain', () => {
  it.each<[line: string, values: readonly string[]]>([
    ['198.51.100.7', ['ipv4 198.51.100.7']],
    ['  "198.51.100.7",\r', ['ipv4 198.51.100.7']],
    ["'evil.com'", ['domain evil.com']],
    ['evil.com # seen in March', ['domain evil.com']],
    ['198.51.100.0/24 ; SBL1', ['ipv4 198.51.100.0/24']],
    ['evil.com // note', ['domain evil.com']],
    ['http://evil.com/#top', ['url http://evil.com/']],
    ['http://evil.com//a', ['url http://evil.com//a']],
    ['0.0.0.0 evil.com', ['domain evil.com']],
    ['127.0.0.1\tevil.com bad.com # two', ['domain evil.com', 'domain bad.com']],
    ['127.0.0.1 localhost', []],
    ['::1 ip6-localhost ip6-loopback', []],
    ['198.51.100.7\t5', ['ipv4 198.51.100.7']],
    ['198.51.100.7 5', ['ipv4 198.51.100.7']],
    ['evil.com\tgate of a botnet', ['domain evil.com']],
    ['# 198.51.100.7', []],
    ['; 198.51.100.7', []],
    ['// evil.com', []],
    ['', []],
    ['\u00a0', []],
  ])('%j', async (line, values) => {
    const reading = await readPlain(line)
    expect(reading.values).toEqual(values)
    expect(reading.report.skipped).toEqual({})
  })

  it('counts what it does not understand and says where', async () => {
    const text = [
      'evil.com',
      'no value',
      'Read evil.com now',
      '0.0.0.0/0',
      '198.51.100.0\t198.51.100.255',
    ].join('\n')
    const { values, report } = await readPlain(text)
    expect(values).toEqual(['domain evil.com'])
    expect(report.skipped).toEqual({ not_a_value: 3, network_too_wide: 1 })
    expect(report.samples.map(({ at, reason }) => `${at} ${reason}`)).toEqual([
      '2 not_a_value',
      '3 not_a_value',
      '4 network_too_wide',
      '5 not_a_value',
    ])
  })

  it('gives each indicator its line, its remark and the settings of the feed', async () => {
    const settings = {
      name: 'Mine',
      tags: ['own'],
      tlp: 'amber',
      score: 70,
      link: 'https://intel.example/list',
    }
    const { indicators } = await readPlain('\n198.51.100.7 # scanner\n', settings)
    expect(indicators).toEqual([
      {
        type: 'ipv4',
        value: '198.51.100.7',
        provider: 'feed',
        source: 'Mine',
        ref: 'list:2',
        sourceType: 'ipv4',
        comment: 'scanner',
        tags: ['own'],
        tlp: 'amber',
        score: 70,
        link: 'https://intel.example/list',
      },
    ])
  })

  it('holds to the type that was set', async () => {
    const { values, report } = await readPlain('evil.com\n198.51.100.7\n', { indicatorType: 'ip' })
    expect(values).toEqual(['ipv4 198.51.100.7'])
    expect(report.skipped).toEqual({ not_a_value: 1 })
  })

  it.each([1, 2, 3, 7, 64])('finds the same in pieces of %i bytes', async (size) => {
    const text = '\uFEFF198.51.100.7\r\nbücher.de\r\n\r\n# – \r\nevil.com'
    const { values, indicators } = await readPlain(text, {}, size)
    expect(values).toEqual(['ipv4 198.51.100.7', 'domain xn--bcher-kva.de', 'domain evil.com'])
    expect(indicators.map(({ ref }) => ref)).toEqual(['list:1', 'list:2', 'list:5'])
  })

  it('reads UTF-16 as PowerShell writes it', async () => {
    const { values } = await readPlain(Buffer.from('\uFEFFevil.com\r\nbad.com\r\n', 'utf16le'), {}, 5)
    expect(values).toEqual(['domain evil.com', 'domain bad.com'])
  })

  it('drops a line that is too long and goes on', async () => {
    const long = 'a'.repeat(3 * MAX_LINE_CHARS)
    const { values, report } = await readPlain(`evil.com\n${long}\nbad.com\n${long}`, {}, 10_000)
    expect(values).toEqual(['domain evil.com', 'domain bad.com'])
    expect(report.samples).toEqual([
      { at: '2', reason: 'too_long' },
      { at: '4', reason: 'too_long' },
    ])
  })

  it('cuts the list into blocks of 2,000', async () => {
    const sizes: number[] = []
    const text = Array.from({ length: 4500 }, (_, i) => `host${i}.evil.com`).join('\n')
    await read(async function* (maker) {
      for await (const block of parsePlain(chunksOf(text), maker)) {
        sizes.push(block.length)
        yield block
      }
    })
    expect(sizes).toEqual([2000, 2000, 500])
  })
})
