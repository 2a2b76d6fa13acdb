import { describe, expect, it } from 'vitest'
import { chunksOf, read, type EntryInput, type Reading } from '../../../test/fixtures/feeds/reading.ts'
import { entryOf } from '../../../test/fixtures/feeds/reading.ts'
import { delimiterFor, parseCsv } from './csv.ts'
import { firstLine } from './format.ts'

const MD5 = '0123456789abcdef0123456789abcdef'
const SHA1 = `${MD5}01234567`
const SHA256 = `${MD5}${MD5}`

function readCsv(lines: readonly string[], settings: EntryInput = {}, size = 1024): Promise<Reading> {
  const text = lines.join('\n')
  const delimiter = delimiterFor(firstLine(text), 'list.csv', entryOf(settings))
  return read((maker) => parseCsv(chunksOf(text, size), maker, delimiter), settings)
}

describe('parseCsv finds the values', () => {
  it.each<[name: string, lines: readonly string[], values: readonly string[]]>([
    ['by header', ['Indicator,Note', 'evil.com,x'], ['domain evil.com']],
    ['behind other columns', ['date,IOC Value', '2026-01-01,198.51.100.7'], ['ipv4 198.51.100.7']],
    [
      'under a header that is a remark',
      ['# x', '# "id","url"', '"1","http://evil.com/a"'],
      ['url http://evil.com/a'],
    ],
    ['with semicolons', ['value;type', 'evil.com;domain'], ['domain evil.com']],
    ['with tabs', ['value\ttype', 'evil.com\tdomain'], ['domain evil.com']],
    ['without header, one column', ['evil.com', '198.51.100.7'], ['domain evil.com', 'ipv4 198.51.100.7']],
    [
      'without header, several columns',
      ['7,evil.com,x', '8,bad.com,y'],
      ['domain evil.com', 'domain bad.com'],
    ],
    [
      'where the first row looks like a header',
      ['domain,evil.com', 'domain,bad.com'],
      ['domain evil.com', 'domain bad.com'],
    ],
    [
      'in several columns',
      ['md5,sha1,sha256', `${MD5},${SHA1},${SHA256}`],
      [`md5 ${MD5}`, `sha1 ${SHA1}`, `sha256 ${SHA256}`],
    ],
    ['with cells missing', ['md5,sha256', MD5, `,${SHA256}`], [`md5 ${MD5}`, `sha256 ${SHA256}`]],
    [
      'a URL, not its host',
      ['url,host,ip', 'http://github.com/evil,github.com,198.51.100.7', ',bad.com,198.51.100.8'],
      ['url http://github.com/evil', 'domain bad.com'],
    ],
    [
      'by its type word',
      ['ioc_value,ioc_type', '198.51.100.7:443,ip:port', `${MD5},md5_hash`],
      ['ipv4 198.51.100.7', `md5 ${MD5}`],
    ],
    [
      'both halves of a MISP composite',
      ['type,value', 'domain|ip,evil.com|198.51.100.7'],
      ['domain evil.com', 'ipv4 198.51.100.7'],
    ],
    ['whatever a vague type word says', ['type,value', 'phishing,evil.com'], ['domain evil.com']],
    [
      'over line breaks in quotes',
      ['value,comment', 'evil.com,"two', 'lines"', 'bad.com,x'],
      ['domain evil.com', 'domain bad.com'],
    ],
    ['in CRLF', ['value,comment\r', 'evil.com,x\r', '\r'], ['domain evil.com']],
    ['with a # inside', ['url', 'http://evil.com/#a'], ['url http://evil.com/']],
  ])('%s', async (_name, lines, values) => {
    for (const size of [5, 4096]) {
      const reading = await readCsv(lines, {}, size)
      expect(reading.values).toEqual(values)
      expect(reading.report.skipped).toEqual({})
    }
  })

  it('in the columns that are set', async () => {
    const lines = ['what,when it ends,Punkte', 'evil.com,2026-05-01,80']
    const columns = { value: 'What', validUntil: 'when it ends', score: 'punkte' }
    const { indicators } = await readCsv(lines, { columns })
    expect(indicators[0]).toMatchObject({ value: 'evil.com', score: 80, validUntil: Date.UTC(2026, 4, 1) })
  })

  it.each<[EntryInput, string[]]>([
    [{ columns: { value: 'nope' } }, ['value', 'evil.com']],
    [{ columns: { score: 'nope' } }, ['value', 'evil.com']],
    [{}, ['first,second', 'third,fourth']],
  ])('or says that it cannot: %j', async (settings, lines) => {
    await expect(readCsv(lines, settings)).rejects.toMatchObject({ code: 'FEED_MALFORMED' })
  })
})

describe('parseCsv', () => {
  it('takes what the other columns say', async () => {
    const { indicators } = await readCsv([
      'uuid,value,type,confidence,score,tags,tlp,comment,reference,valid_from,expiration,to_ids',
      'id-1,evil.com,domain,75,90%,"a, b",TLP:RED,"says ""hi""",https://x.example/1,2026-01-01,1767225600,1',
      'id-2,bad.com,domain,high,900,tlp:green,,,javascript:x,,never,0',
    ])
    expect(indicators).toEqual([
      {
        type: 'domain',
        value: 'evil.com',
        provider: 'feed',
        source: 'list',
        ref: 'id-1',
        sourceType: 'domain',
        tags: ['a', 'b'],
        tlp: 'red',
        comment: 'says "hi"',
        confidence: 75,
        score: 90,
        link: 'https://x.example/1',
        validFrom: Date.UTC(2026, 0, 1),
        validUntil: 1_767_225_600_000,
        detection: true,
      },
      expect.objectContaining({ ref: 'id-2', tags: ['tlp:green'], tlp: 'green', detection: false }),
    ])
    for (const name of ['score', 'confidence', 'link', 'validUntil'])
      expect(indicators[1]).not.toHaveProperty(name)
  })

  it('counts what it does not understand by line', async () => {
    const { values, report } = await readCsv([
      'value,type,expires',
      'not one,,',
      'invoice.zip,filename,',
      'evil.com,,soon',
      '"stray,domain,',
      'bad.com,,',
      ',,',
    ])
    expect(values).toEqual(['domain evil.com', 'domain bad.com'])
    expect(report.skipped).toEqual({ not_a_value: 1, unsupported_type: 1, bad_date: 1, malformed: 2 })
    expect(report.samples.map(({ at, reason }) => `${at} ${reason}`)).toEqual([
      '2 not_a_value',
      '4 bad_date',
      '5 malformed',
      '7 malformed',
    ])
  })

  it('loses only its own line to a stray quote', async () => {
    const rows = Array.from({ length: 500 }, (_, i) => (i === 100 ? '"oops,x' : `host${i}.evil.com,x`))
    const { values, report } = await readCsv(['value,comment', ...rows])
    expect(values).toHaveLength(499)
    expect(report.samples).toEqual([{ at: '102', reason: 'malformed' }])
  })

  it('loses no row to a quote inside a cell', async () => {
    const { values, report } = await readCsv([
      'value,comment',
      'evil.com,5" disk',
      'bad.com,a "quoted" word, and 7"',
      'worse.com,"x" , "y"',
      'worst.com,"x"y',
    ])
    expect(values).toEqual(['domain evil.com', 'domain bad.com', 'domain worse.com'])
    expect(report.samples).toEqual([{ at: '5', reason: 'malformed' }])
  })

  it('bears hostile rows', async () => {
    const { values, report } = await readCsv([
      'value,type,comment',
      '"'.repeat(9999),
      ','.repeat(60_000),
      'x'.repeat(200_000),
      '__proto__,constructor,toString',
      `evil.com,domain,${'c'.repeat(5000)}`,
    ])
    expect(values).toEqual(['domain evil.com'])
    expect(report.skipped).toMatchObject({ too_long: 1 })
  })
})
