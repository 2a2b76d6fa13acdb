import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DEAD_LETTER_REASONS } from '../src/core/dead-letter.ts'
import { METRICS } from '../src/telemetry/metrics.ts'

interface Schema {
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
}

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
}

const page = read('docs/delivery.md')
const schema = JSON.parse(read('schema/config.schema.json')) as Schema
const rows = tableBehind('## Bounds')

/** The cells of the first table behind a heading, without its head. */
function tableBehind(heading: string): readonly (readonly string[])[] {
  const lines = page.slice(page.indexOf(`\n${heading}\n`)).split('\n')
  const first = lines.findIndex((line) => line.startsWith('|'))
  const end = lines.findIndex((line, at) => at > first && !line.startsWith('|'))
  return lines.slice(first + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

function codesIn(cell = ''): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}

/** Every setting of that name: more than one where kinds of a component have it. */
function settingsAt(path: readonly string[], at: Schema): readonly Schema[] {
  const [first, ...rest] = path
  if (first === undefined) return [at]
  const here =
    first === '*' && typeof at.additionalProperties === 'object'
      ? settingsAt(rest, at.additionalProperties)
      : []
  const named = Object.hasOwn(at.properties ?? {}, first) ? settingsAt(rest, at.properties![first]!) : []
  const kinds = [...(at.oneOf ?? []), ...(at.anyOf ?? [])].flatMap((kind) => settingsAt(path, kind))
  return [...here, ...named, ...kinds]
}

/** As the page writes it: `2GiB` → `2 GiB`, 1000 → `1,000`. */
function written(value: unknown): string {
  return typeof value === 'number'
    ? value.toLocaleString('en-US')
    : String(value).replace(/(?<=\d)(?=[A-Za-z])/, ' ')
}

/** Whether the bound is the default of the setting; of several kinds with the same setting that of one. */
function saysDefault(bound: string, setting: string): boolean {
  const defaults = settingsAt(setting.split('.'), schema).map((each) => each.default)
  const numbers = defaults.filter((value) => typeof value === 'string' || typeof value === 'number')
  return numbers.length === 0 || numbers.some((value) => bound.includes(written(value)))
}

describe('the table of bounds in docs/delivery.md', () => {
  it('has rows of five cells', () => {
    expect(rows.length).toBeGreaterThan(20)
    expect(rows.filter((cells) => cells.length !== 5)).toEqual([])
  })

  it.each(rows.map(([what = '', ...cells]) => ({ what, cells })))(
    '$what: names settings that exist, with their defaults, and metrics that exist',
    ({ cells: [bound = '', settings, atBound, metrics] }) => {
      // What a setting decides at the bound is named there.
      const named = [...codesIn(settings), ...codesIn(atBound).filter((code) => code.includes('.'))]
      expect(named.filter((code) => settingsAt(code.split('.'), schema).length === 0)).toEqual([])
      expect(codesIn(settings).filter((code) => !saysDefault(bound, code))).toEqual([])
      expect(
        codesIn(metrics).filter((code) => !Object.hasOwn(METRICS, code.replace('tripline_', ''))),
      ).toEqual([])
    },
  )

  it('has a counter for everything that is dropped, removed or becomes a dead letter', () => {
    const dropping = rows.filter(([, , , atBound = '']) => /dropped|removed|dead letters/.test(atBound))
    expect(dropping.length).toBeGreaterThan(5)
    const names = dropping.map(([, , , , metrics]) => codesIn(metrics)[0]?.replace('tripline_', ''))
    expect(names.filter((name) => METRICS[name as keyof typeof METRICS].type !== 'counter')).toEqual([])
  })
})

it('docs/delivery.md names every reason of a dead letter', () => {
  const named = tableBehind('## Dead letters').flatMap(([reason]) => codesIn(reason))
  expect(named.toSorted()).toEqual([...DEAD_LETTER_REASONS].toSorted())
})

it('docs/delivery.md names metrics that exist', () => {
  const names = [...page.matchAll(/`tripline_([a-z_]+)`/g)].map(([, name]) => name)
  expect(names.length).toBeGreaterThan(10)
  expect(names.filter((name) => !Object.hasOwn(METRICS, name ?? ''))).toEqual([])
})
