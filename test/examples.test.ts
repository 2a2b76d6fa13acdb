import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { indicatorValues } from '../src/canonical/indicator-value.ts'
import { canonicalIp } from '../src/canonical/ip.ts'
import { MATCH_KINDS } from '../src/core/match.ts'

/** What `examples/README.md` promises about the example files; a run of Tripline over them is compared elsewhere. */

interface Row {
  readonly alert_id: string
  readonly type: string
  readonly value: string
  readonly kind?: string
  readonly reason?: string
}
interface Expected {
  readonly matches: readonly Row[]
  readonly repeats: readonly Row[]
  readonly held: readonly Row[]
  readonly dropped: readonly string[]
  readonly nothing: readonly string[]
}
type FindingsExpected = Pick<Expected, 'matches' | 'dropped' | 'nothing'>
type Fields = Readonly<Record<string, unknown>> & {
  readonly id: string
  readonly agent: { readonly id: string }
}

const read = (path: string): string => readFileSync(`examples/${path}`, 'utf8')
const lines = read('alerts/alerts.jsonl').trimEnd().split('\n')
const alerts = lines.map((line) => JSON.parse(line) as Fields)
const expected = JSON.parse(read('expected.json')) as Expected
const feeds = readdirSync('examples/feeds').map((name) => read(`feeds/${name}`))

/** wazuh-analysisd 4.x writes the keys of an alert in this order. */
const KEYS = [
  'timestamp',
  'rule',
  'agent',
  'manager',
  'id',
  'cluster',
  'previous_output',
  'full_log',
  'syscheck',
  'predecoder',
  'decoder',
  'data',
  'location',
]

describe('the example alerts', () => {
  it('are many, of many kinds, and no two have the same id', () => {
    expect(alerts.length).toBeGreaterThanOrEqual(48)
    expect(new Set(alerts.map(({ id }) => id)).size).toBe(alerts.length)
    const sources = alerts.map(
      (alert) => `${alert['location'] as string} ${(alert['rule'] as { id: string }).id}`,
    )
    expect(new Set(sources).size).toBeGreaterThanOrEqual(40)
  })

  it('look as analysisd writes them', () => {
    for (const alert of alerts) {
      const keys = Object.keys(alert)
      expect(keys).toEqual(KEYS.filter((key) => keys.includes(key)))
      expect(alert['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/)
      expect(unquoted(alert['data'])).toEqual([])
    }
  })
})

describe('the expectations', () => {
  it('speak of every alert, and of none twice over', () => {
    const found = new Set(
      [...expected.matches, ...expected.repeats, ...expected.held].map((row) => row.alert_id),
    )
    const all = [...found, ...expected.dropped, ...expected.nothing]
    expect(all.toSorted()).toEqual(alerts.map(({ id }) => id).toSorted())
    expect(expected.nothing.length).toBeGreaterThan(alerts.length / 3)
  })

  it('show every kind of match but those that need a platform of STIX patterns', () => {
    const kinds = new Set(expected.matches.map(({ kind }) => kind))
    expect(
      MATCH_KINDS.filter((kind) => kind !== 'pattern' && kind !== 'related' && !kinds.has(kind)),
    ).toEqual([])
  })

  it('name an observable once per agent, so that no window hides one', () => {
    const agents = new Map(alerts.map((alert) => [alert.id, alert.agent.id]))
    const seen = expected.matches.map((row) => `${agents.get(row.alert_id)} ${row.type} ${row.value}`)
    expect(new Set(seen).size).toBe(seen.length)
  })

  it('stand on the page for people, too', () => {
    const page = read('README.md')
    for (const row of [...expected.matches, ...expected.held]) expect(page).toContain(`| ${row.alert_id} |`)
  })
})

describe('the example findings of Wazuh 5', () => {
  const text = read('wazuh5/findings.jsonl')
  const { matches, dropped, nothing } = JSON.parse(read('wazuh5/expected.json')) as FindingsExpected

  it('are all spoken of, on the page too, and no two are one', () => {
    const told = new Set([...matches.map((row) => row.alert_id), ...dropped, ...nothing])
    expect(told.size).toBe(text.trimEnd().split('\n').length)
    for (const id of told) expect(text).toContain(id.split('/')[0])
    for (const { alert_id } of matches) expect(read('README.md')).toContain(`| ${alert_id.split('/')[0]} |`)
  })

  it('hold no address of the real world', () => {
    const values = (text.match(/[0-9a-f.:]{7,}/g) ?? []).map(canonicalIp).filter((ip) => ip !== undefined)
    expect(values.length).toBeGreaterThan(50)
    expect(new Set(values.map(({ special }) => special))).toEqual(new Set(['documentation', 'private']))
  })
})

describe('the example feeds', () => {
  it('hold nothing of the real world', () => {
    const words = feeds.join('\n').match(/[^\s,"'|]+/g) ?? []
    const values = words.flatMap((word) => indicatorValues(word))
    const addresses = values.filter(({ type }) => type === 'ipv4' || type === 'ipv6')
    expect(addresses.length).toBeGreaterThan(10)
    expect(addresses.filter(({ value }) => specialUse(value) !== 'documentation')).toEqual([])
    const names = values.filter(({ type }) => type === 'domain').map(({ value }) => value)
    const foreign = names.filter((name) => !/(?:^|\.)example\.(?:com|net|org)$/.test(name))
    expect(foreign.filter((name) => name !== 'www.debian.org' && !name.endsWith('.exe'))).toEqual([])
  })
})

/** Of an address or of the first address of a network. */
function specialUse(value: string): string | undefined {
  return canonicalIp(value.split('/')[0] ?? '')?.special
}

/** Paths of plain values outside arrays that are not text: Wazuh 4.x writes all of these as strings. */
function unquoted(value: unknown, path = 'data'): string[] {
  if (value === undefined || typeof value === 'string' || Array.isArray(value)) return []
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, inner]) => unquoted(inner, `${path}.${key}`))
}
