import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertLine } from '../../../test/support/log-writer.ts'
import { range } from '../../../test/support/wazuh-file.ts'
import { createDecoder } from '../decode.ts'
import { createLineSplitter } from '../lines.ts'
import type { Part } from './parts.ts'
import { MAX_VALUE_BYTES, splitBody } from './split.ts'

const decode = await createDecoder()

/** What the reader of the spool makes of the parts: bodies of alerts, and lines that gave none. */
function readBack(parts: readonly Part[]): { readonly bodies: readonly unknown[]; readonly bad: number } {
  const bodies: unknown[] = []
  let bad = 0
  for (const { bytes } of parts) {
    const splitter = createLineSplitter({
      offset: 0,
      maxLineBytes: MAX_VALUE_BYTES + 1,
      onLine: (line) => {
        const decoded = decode(line, 'file', 0)
        if (decoded.kind === 'alert') bodies.push(decoded.alert.body)
        else bad += 1
      },
      onTooLong: () => (bad += 1),
    })
    splitter.push(bytes)
    if (splitter.rest() !== undefined) bad += 1
  }
  return { bodies, bad }
}

async function split(body: string | Buffer) {
  const result = await splitBody(Buffer.from(body))
  if (result.kind !== 'split') throw new Error('Too many')
  const { bodies, bad } = readBack(result.parts)
  expect(bad).toBe(0)
  return { bodies, alerts: result.alerts, rejected: Object.fromEntries(result.rejected), parts: result.parts }
}

const three = range(0, 3).map((number) => JSON.parse(alertLine(number)) as unknown)
const lines = three.map((alert) => JSON.stringify(alert))
const pretty = three.map((alert) => JSON.stringify(alert, undefined, 2))

describe('alerts are found', () => {
  it.each([
    ['one a line', lines.join('\n')],
    ['one a line, with a last line end', `${lines.join('\n')}\n`],
    ['one a line, with CRLF, blank lines and a byte order mark', `\uFEFF${lines.join('\r\n\r\n')}\r\n`],
    ['in a list on one line', JSON.stringify(three)],
    ['in a list over many lines', JSON.stringify(three, undefined, 2)],
    ['in lists, one a line', lines.map((line) => `[${line}]`).join('\n')],
    ['in a list of lines', `[\n${lines.join(',\n')}\n]`],
    ['one behind the other', lines.join('')],
    ['one behind the other, with blanks', ` ${lines.join('  ')} `],
    ['one behind the other, each over many lines', pretty.join('\n')],
    ['as texts in a list', JSON.stringify(lines)],
    ['as texts, one a line', lines.map((line) => JSON.stringify(line)).join('\n')],
    ['in envelopes, one a line', lines.map((line) => JSON.stringify({ message: line })).join('\n')],
    ['in one envelope over many lines', JSON.stringify({ alerts: three }, undefined, 2)],
  ])('%s', async (_layout, body) => {
    expect(await split(body)).toMatchObject({ bodies: three, rejected: {} })
  })

  it('whatever they hold, in each of the layouts', async () => {
    const body = fc.record({ rule: fc.constant({ id: '1' }), data: fc.jsonValue() })
    const layout = fc.constantFrom(
      (all: unknown[]) => all.map((each) => JSON.stringify(each)).join('\n'),
      (all: unknown[]) => all.map((each) => JSON.stringify(each)).join(''),
      (all: unknown[]) => all.map((each) => JSON.stringify(each, undefined, 1)).join('\n'),
      (all: unknown[]) => JSON.stringify(all),
      (all: unknown[]) => JSON.stringify(all, undefined, 1),
      (all: unknown[]) => JSON.stringify({ findings: all }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(body, { minLength: 1, maxLength: 5 }), layout, async (all, lay) => {
        const copy: unknown = JSON.parse(JSON.stringify(all))
        expect(await split(lay(all))).toMatchObject({ bodies: copy, rejected: {} })
      }),
      { numRuns: 200 },
    )
  })

  it('and each line that is kept gives an alert, whatever came', async () => {
    const pieces = fc.constantFrom(
      ...lines,
      pretty[0] ?? '',
      '[',
      ']',
      ',',
      '{',
      '}',
      '"',
      '\\',
      '\n',
      'x',
      '1',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 12 }), fc.nat(), async (some, cut) => {
        const text = some.join('')
        // Cut anywhere, too.
        for (const body of [text, text.slice(cut % (text.length + 1))]) {
          const { bodies, alerts } = await split(body)
          expect(bodies).toHaveLength(alerts)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('as they came: numbers and doubled keys are those of the sender', async () => {
    const own = '{"rule":{"id":"1"}, "n":1e400, "n":12345678901234567890}'
    const { parts } = await split(`[${own}]`)
    expect(parts[0]?.bytes.toString()).toBe(`${own}\n`)
  })
})

describe('what is no alert', () => {
  it.each([
    [
      'a torn line between others',
      `${lines[0]}\n${lines[1]?.slice(0, 50)}\n${lines[2]}`,
      2,
      { malformed: 1 },
    ],
    [
      'a line that Wazuh tore, with the next one in it',
      `${lines[1]?.slice(0, 50)}${lines[2]}`,
      1,
      { malformed: 1 },
    ],
    ['a list that was cut off', JSON.stringify(three).slice(0, -20), 2, { malformed: 1 }],
    ['a broken object in a list', `[${lines[0]},{"a":nope},${lines[2]}]`, 2, { malformed: 1 }],
    ['text before an alert', `this is it: ${lines[0]}`, 1, { malformed: 1 }],
    ['text', 'not JSON at all', 0, { malformed: 1 }],
    ['numbers and texts', '[1, "two", null]', 0, { not_object: 3 }],
    ['an empty object', `{}\n${lines[0]}`, 1, { not_object: 1 }],
    [
      'an envelope with one that is none',
      JSON.stringify({ alerts: [...three, 'x'] }),
      3,
      { no_alert_inside: 1 },
    ],
    [
      'a torn line between others, in the text of an envelope',
      JSON.stringify({ text: `${lines[0]}\n${lines[1]?.slice(0, 50)}\n${lines[2]}` }),
      2,
      { malformed: 1 },
    ],
    [
      'a line that Wazuh tore, with the next one in it, in the text of an envelope',
      JSON.stringify({ message: `${lines[1]?.slice(0, 50)}${lines[2]}` }),
      1,
      { malformed: 1 },
    ],
    [
      'torn lines in texts of a list',
      JSON.stringify([`${lines[0]}\n${lines[1]?.slice(0, 50)}\n${lines[2]}`, '{torn']),
      2,
      { malformed: 1, not_object: 1 },
    ],
    [
      'torn texts in a list of an envelope, each once',
      JSON.stringify({ events: [lines[0], lines[1]?.slice(0, 50), 'x'] }),
      1,
      { malformed: 1, no_alert_inside: 1 },
    ],
    [
      'a list that was cut off, in the text of an envelope',
      JSON.stringify({ text: JSON.stringify(three).slice(0, -20) }),
      2,
      { malformed: 1 },
    ],
    [
      'a list without its end, in the text of an envelope',
      JSON.stringify({ text: JSON.stringify(three).slice(0, -1) }),
      3,
      {},
    ],
    ['a title in brackets', JSON.stringify({ text: `[Wazuh] 1 alert\n\n${lines[0]}` }), 1, {}],
    ['nothing', '', 0, {}],
    ['an empty list', ' [ ] ', 0, {}],
  ])('is counted, and keeps nothing else back: %s', async (_what, body, found, rejected) => {
    const result = await split(body)
    expect(result.bodies).toHaveLength(found)
    expect(result.rejected).toEqual(rejected)
  })

  it('is an object all the same when it holds something', async () => {
    expect(await split('{"source":{"ip":"198.51.100.7"}}')).toMatchObject({ rejected: {} })
  })
})

describe('bounds', () => {
  it('an alert of more than 8 MiB is refused, the ones beside it are not', async () => {
    const long = JSON.stringify({ rule: {}, text: 'x'.repeat(MAX_VALUE_BYTES) })
    const { bodies, rejected } = await split(`${lines[0]}\n${long}\n${lines[1]}`)
    expect(bodies).toEqual(three.slice(0, 2))
    expect(rejected).toEqual({ too_long: 1 })
  })

  it('so is an envelope of more than 8 MiB: it would have to be read as a whole', async () => {
    const long = JSON.stringify({ alerts: [{ rule: {}, text: 'x' }], more: 'x'.repeat(MAX_VALUE_BYTES) })
    expect((await split(`${long}\n${lines[0]}`)).rejected).toEqual({ too_long: 1 })
  })

  it('so is one that becomes longer as it is written anew', async () => {
    const numbers = `1e20,`.repeat(500_000)
    const { bodies, rejected } = await split(`{"alert":{"rule":{},"n":[${numbers}0]}}\n${lines[0]}`)
    expect(bodies).toEqual(three.slice(0, 1))
    expect(rejected).toMatchObject({ too_long: 1 })
  })

  it('more than 100,000 values are too many, good or bad', async () => {
    expect(await splitBody(Buffer.from('{"rule":{}}\n'.repeat(100_001)))).toEqual({ kind: 'too_many' })
    expect(await splitBody(Buffer.from(`[${'1,'.repeat(100_000)}1]`))).toEqual({ kind: 'too_many' })
    expect(
      await splitBody(Buffer.from(JSON.stringify({ alerts: range(0, 100_001).map(() => ({ rule: {} })) }))),
    ).toEqual({
      kind: 'too_many',
    })
    expect(await splitBody(Buffer.from('{"rule":{}}\n'.repeat(100_000)))).toMatchObject({ alerts: 100_000 })
  })

  it('so are more than that glued together in one text', async () => {
    const text = `${'{"wazuh":{}}'.repeat(200_000)}{torn`
    expect(await splitBody(Buffer.from(JSON.stringify({ text })))).toEqual({ kind: 'too_many' })
  })

  it('blank lines are passed over once: each would be read as often as there are lines', async () => {
    const blanks = '\n'.repeat(4 * 1024 ** 2)
    expect(await split(`${lines[0]}${blanks}${lines[1]}`)).toMatchObject({ bodies: three.slice(0, 2) })
  })

  it.each([
    ['lines that are no JSON', '{torn\n'.repeat(5000)],
    ['envelopes with a torn text', '{"text":"{torn"}\n'.repeat(5000)],
    ['broken objects in a list', `[${'{"a":nope},'.repeat(5000)}]`],
  ])('others get their turn while much is looked at: %s', async (_what, body) => {
    let turns = 0
    let done = false
    const turn = (): void => {
      turns += 1
      if (!done) setImmediate(turn)
    }
    setImmediate(turn)
    await splitBody(Buffer.from(body))
    done = true
    expect(turns).toBeGreaterThanOrEqual(45)
  })

  it('files for the disk have at most 1 MiB and 4096 alerts, but for a longer alert', async () => {
    const long = JSON.stringify({ rule: {}, text: 'x'.repeat(3 * 1024 ** 2) })
    const { parts } = await split(`${'{"rule":{}}\n'.repeat(5000)}${long}\n${lines[0]}`)
    expect(parts.map(({ alerts: count }) => count)).toEqual([4096, 904, 1, 1])
    const many = await split(`${JSON.stringify({ rule: {}, text: 'x'.repeat(1000) })}\n`.repeat(3000))
    expect(Math.max(...many.parts.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(1024 ** 2 + 1100)
  })
})
