/** Text that a terminal obeys, that ends lines for some reader, or that looks like a line of ours. */
export const INJECTION =
  '\n{"level":60,"msg":"FORGED"}\r\n\u001b[2J\u001b]0;FORGED\u0007\u0000\u0008\u007f\u009b31m\u2028\u2029\u202e\u2066\ufeff\ud800","msg":"FORGED'

export interface HostileAlert {
  readonly name: string
  readonly line: Buffer
  /** Whether the planted name in it is found: false for what is no alert any more. */
  readonly isFound: boolean
}

type Fields = Readonly<Record<string, unknown>>

/** Longest line that is read (`maxLineBytes`). */
const MAX_LINE = 8 * 1024 * 1024
const KIB = 1024

/** Alerts that somebody who can write into a log can bring about, and some that no Wazuh writes. `plant` gives the name for each. */
export function hostileAlerts(plant: (number: number) => string): readonly HostileAlert[] {
  return [...CASES].map(([name, make], number) => {
    const { text, isFound = true } = make(plant(number), number)
    return { name, line: Buffer.from(text), isFound }
  })
}

interface Made {
  readonly text: string | Buffer
  readonly isFound?: boolean
}

function alert(number: number, data: Fields, more: Fields = {}): string {
  return JSON.stringify({
    timestamp: '2026-03-09T08:00:00.000+0000',
    rule: { level: 5, description: 'Test', id: '100001', groups: ['test'] },
    agent: { id: '001', name: 'web-1' },
    manager: { name: 'manager-1' },
    id: `1773043200.${number}`,
    decoder: { name: 'json' },
    data,
    location: '/var/log/test.log',
    ...more,
  })
}

function nested(depth: number, inner: unknown): unknown {
  let value = inner
  for (let at = 0; at < depth; at++) value = at % 2 === 0 ? { deeper: value } : [value]
  return value
}

function filled(number: number, query: string, bytes: number): string {
  const empty = alert(number, { query }, { full_log: '' })
  return alert(number, { query }, { full_log: 'x'.repeat(bytes - Buffer.byteLength(empty)) })
}

const many = (count: number, name: (place: number) => string, value: unknown): Fields =>
  Object.fromEntries(Array.from({ length: count }, (_, place) => [name(place), value]))

const CASES = new Map<string, (query: string, number: number) => Made>([
  [
    '1,100 fields',
    (query, number) => ({ text: alert(number, { ...many(1100, (at) => `f${at}`, 'v'), query }) }),
  ],
  [
    '100,000 fields of one letter',
    (query, number) => ({
      text: alert(number, { query, wide: many(100_000, (at) => at.toString(36), 'x') }),
    }),
  ],
  [
    '1,000 levels',
    (query, number) => ({ text: alert(number, { query, deep: nested(1000, 'evil.example.org') }) }),
  ],
  [
    '100,000 levels',
    (query, number) => ({
      // Whether such a thing can be parsed depends on the stack; the daemon must go on.
      text: alert(number, { query }).replace(
        '"query"',
        `"deep":${'['.repeat(1e5)}${']'.repeat(1e5)},"query"`,
      ),
    }),
  ],
  [
    '250 levels of long keys',
    (query, number) => ({
      text: alert(number, {
        query,
        deep: JSON.parse(`${`{"${'k'.repeat(30 * KIB)}":`.repeat(250)}1${'}'.repeat(250)}`) as unknown,
      }),
    }),
  ],
  [
    'keys of dots',
    (query, number) => ({
      text: alert(number, { query, ...many(500, (at) => `${at}${'.a'.repeat(8 * KIB)}`, 'v') }),
    }),
  ],
  [
    'keys of JavaScript',
    (query, number) => ({
      text: alert(number, { query }).replace(
        '"query"',
        '"__proto__":{"polluted":"yes","query":"x"},"constructor":{"prototype":{"polluted":"yes"}},"toString":"x","hasOwnProperty":1,"":"empty","query"',
      ),
    }),
  ],
  ['a line of 8 MiB', (query, number) => ({ text: filled(number, query, MAX_LINE) })],
  [
    'a line of more than 8 MiB',
    (query, number) => ({ text: filled(number, query, MAX_LINE + 1), isFound: false }),
  ],
  [
    'a URL of 7 MiB',
    (query, number) => ({
      text: alert(number, { query, url: `http://x.example.org/${'a/'.repeat(3.5 * KIB * KIB)}` }),
    }),
  ],
  [
    'digits without end',
    (query, number) => ({
      text: alert(
        number,
        { query, pid: '9'.repeat(KIB * KIB) },
        { full_log: '1.'.repeat(KIB * KIB) },
      ).replace('"data":{', `"data":{"number":${'7'.repeat(100_000)},"huge":1e99999,"tiny":-1e-99999,`),
    }),
  ],
  [
    '20,000 observables',
    (query, number) => ({
      text: alert(
        number,
        { query },
        {
          full_log: Array.from({ length: 20_000 }, (_, at) => `h${at}.example.org`).join(' '),
        },
      ),
    }),
  ],
  [
    'injection in every text',
    (query, number) => ({
      text: alert(
        number,
        { query, srcuser: INJECTION, [INJECTION]: INJECTION },
        {
          rule: { level: 5, description: INJECTION, id: `1${INJECTION}`, groups: [INJECTION] },
          agent: { id: `001${INJECTION}`, name: INJECTION, ip: INJECTION },
          manager: { name: INJECTION },
          cluster: { name: INJECTION, node: INJECTION },
          decoder: { name: INJECTION, parent: INJECTION },
          location: INJECTION,
          full_log: INJECTION,
          previous_output: INJECTION,
        },
      ),
    }),
  ],
  [
    'injection in id and time',
    (query, number) => ({
      text: alert(number, { query }, { id: `${number}${INJECTION}`, timestamp: INJECTION }),
    }),
  ],
  [
    'an id and a name of 1 MiB',
    (query, number) => ({
      text: alert(
        number,
        { query },
        {
          id: '1'.repeat(KIB * KIB),
          agent: { id: '2'.repeat(KIB * KIB), name: 'n'.repeat(KIB * KIB) },
        },
      ),
    }),
  ],
  [
    'other types everywhere',
    (query, number) => ({
      text: alert(
        number,
        { query },
        {
          timestamp: {},
          rule: [1],
          agent: 'x',
          manager: null,
          id: 5,
          decoder: true,
          location: [[]],
          syscheck: 'x',
          full_log: { a: 1 },
        },
      ),
    }),
  ],
  [
    'a rule of other types',
    (query, number) => ({
      text: alert(
        number,
        { query },
        { rule: { level: 'high', id: 7, groups: { a: 1 }, mitre: [null], description: {} } },
      ),
    }),
  ],
  [
    'bytes that are no UTF-8',
    (query, number) => ({
      text: Buffer.concat([
        Buffer.from(alert(number, { query }).slice(0, -1)),
        Buffer.from(',"raw":"'),
        Buffer.from([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80]),
        Buffer.from('"}'),
      ]),
    }),
  ],
  [
    'raw control characters',
    (query, number) => ({
      text: alert(number, { query }).replace('web-1', 'web\u001b[2J\u0000-1'),
      isFound: false,
    }),
  ],
  ['a list', (query) => ({ text: JSON.stringify([query]), isFound: false })],
  ['half an object', (query, number) => ({ text: alert(number, { query }).slice(0, -20), isFound: false })],
  ['beginnings of alerts', (query) => ({ text: '{"timestamp":"'.repeat(100_000) + query, isFound: false })],
])
