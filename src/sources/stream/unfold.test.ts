import { describe, expect, it } from 'vitest'
import { unfold } from './unfold.ts'

const MAX_BYTES = 4096
const ALERTS = [{ id: '1', data: { text: 'two\nlines, é' } }, { id: '2' }]
const HITS = ALERTS.map((alert) => ({ _index: 'wazuh-alerts-4.x', _id: 'x', _source: alert }))

async function* inPieces(text: string, bytes = text.length): AsyncGenerator<Buffer> {
  const all = Buffer.from(text)
  for (let at = 0; at < all.length; at += bytes) yield await Promise.resolve(all.subarray(at, at + bytes))
}

async function unfolded(text: string, bytes?: number): Promise<{ original: boolean; text: string }> {
  const { original, chunks } = await unfold(inPieces(text, bytes), MAX_BYTES)
  const read: Buffer[] = []
  for await (const chunk of chunks) read.push(chunk)
  return { original, text: Buffer.concat(read).toString() }
}

function pretty(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
}

function lines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('')
}

describe('unfold', () => {
  it.each([
    ['an alert over many lines', pretty(ALERTS[0]), ALERTS.slice(0, 1)],
    ['a document of the indexer over many lines', `\uFEFF\r\n${pretty(HITS[0])}\r\n`, HITS.slice(0, 1)],
    ['an array over many lines', pretty(ALERTS), ALERTS],
    ['an array in one line', `  ${JSON.stringify(ALERTS)}`, ALERTS],
    [
      'an array, a line an alert',
      `[\n${ALERTS.map((alert) => JSON.stringify(alert)).join(',\n')}\n]\n`,
      ALERTS,
    ],
    ['an empty array', '[]', []],
    ['a search answer over many lines', pretty({ took: 1, hits: { total: 2, hits: HITS } }), ALERTS],
    ['a search answer in one line', `${JSON.stringify({ hits: { hits: HITS } })}\n`, ALERTS],
    [
      'a search answer of sources',
      pretty({ hits: { hits: ALERTS.map((_source) => ({ _source })) } }),
      ALERTS,
    ],
  ])('makes lines of %s, however it arrives', async (_what, text, expected) => {
    for (const bytes of [text.length, 7, 1])
      expect(await unfolded(text, bytes)).toEqual({ original: false, text: lines(expected) })
  })

  it('keeps index and id of documents of Wazuh 5, nested or dotted, and nothing else of the wrapper', async () => {
    const sources = [{ wazuh: { rule: { id: 'r' } } }, { 'wazuh.rule.id': 'r' }]
    const hits = sources.map((_source) => ({ _index: 'wazuh-findings-v5', _id: 'x', _score: 1, _source }))
    const expected = hits.map(({ _index, _id, _source }) => ({ _index, _id, _source }))
    expect((await unfolded(pretty({ hits: { hits } }))).text).toBe(lines(expected))
    const bare = hits.map(({ _source }) => ({ _source }))
    expect((await unfolded(pretty({ hits: { hits: bare } }))).text).toBe(lines(sources))
  })

  it.each([
    ['lines', lines(ALERTS)],
    ['a single line', JSON.stringify(ALERTS[0])],
    ['lines after blank ones', `\n \n${lines(ALERTS)}`],
    ['lines, the first of them torn', `{"id":"0","data\n${lines(ALERTS)}`],
    ['lines, the first of them glued', `{"id":"0","da{"id":"1"}\n${lines(ALERTS)}`],
    ['lines, the first of them no JSON at all', `Wazuh\n${lines(ALERTS)}`],
    ['a document cut off', pretty(ALERTS).slice(0, -3)],
    ['a document larger than it may be', pretty([{ text: 'x'.repeat(MAX_BYTES) }])],
    ['a line longer than it may be', `{"text":"${'x'.repeat(2 * MAX_BYTES)}"}\n${lines(ALERTS)}`],
    ['a number', '17'],
    ['nothing', ''],
    ['blank lines', ' \n\n'],
  ])('passes on %s as it is', async (_what, text) => {
    for (const bytes of [text.length, 1000, 1])
      expect(await unfolded(text, bytes)).toEqual({ original: true, text })
  })

  it('waits for no more than the first line of what comes line by line', async () => {
    let asked = 0
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        asked += 1
        yield await Promise.resolve(Buffer.from(`{"id":"${asked}"}\n`))
      }
    }
    const { chunks } = await unfold(endless(), MAX_BYTES)
    const first = await chunks[Symbol.asyncIterator]().next()
    expect([asked, String(first.value)]).toEqual([1, '{"id":"1"}\n'])
  })
})
