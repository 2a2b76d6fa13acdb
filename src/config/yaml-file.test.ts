import { describe, expect, it } from 'vitest'
import { renderProblems } from './problem.ts'
import { parseYamlFile } from './yaml-file.ts'

function rendered(text: string): string {
  return renderProblems(parseYamlFile('f.yaml', text).problems)
}

describe('what is no valid YAML', () => {
  it.each([
    ['a: 1\nb: 2\na: 3\n', 'f.yaml:3:1: this key is given twice', '  3 | a: 3\n    | ^'],
    ['log:\n\tlevel: info\n', 'f.yaml:2:1: a tab cannot indent', '  2 |  level: info'],
    ['a: b: c', 'f.yaml:1:4: two keys on one line', '^'],
    ['log: {level: info', 'f.yaml:1:', 'bracket'],
    ['a: "b', 'f.yaml:1:', 'a quote'],
    ['a: @b', 'f.yaml:1:4: a text that begins with this character must be in quotes', '^'],
    ['a: !secret b', 'f.yaml:1:4: tags (`!name`) are not known', '^'],
    ['a: 1\n---\nb: 1', 'f.yaml:2:1: the file must be one document', '---'],
    ['? [a]\n: 1', 'f.yaml:1:', 'keys must be texts'],
    ['a: *nowhere', 'f.yaml:1:1: an alias', '^'],
    ['- a', 'f.yaml:1:1: the file must be a mapping', '^'],
    ['just words', 'f.yaml:1:1: the file must be a mapping', '^'],
  ])('%j is explained where it is', (text, where, what) => {
    expect(rendered(text)).toContain(where)
    expect(rendered(text)).toContain(what)
  })

  it('is reported once a line, however long the train of errors', () => {
    expect(parseYamlFile('f.yaml', '['.repeat(100)).problems).toHaveLength(1)
  })

  it.each([
    ['brackets', '['.repeat(100_000)],
    ['braces', '{a: '.repeat(100_000)],
    ['lists in one line', '- '.repeat(100_000)],
    ['keys in one line', '? '.repeat(100_000)],
    ['indentation', Array.from({ length: 1000 }, (_, n) => `${' '.repeat(n)}a:`).join('\n')],
  ])('is refused before it is parsed when %s are nested too deeply', (_, text) => {
    expect(rendered(`a: 1\n${text}`)).toMatch(/f\.yaml:\d+: this is nested too deeply/)
  })
})

it('takes a long line without effort, and does not show it', () => {
  const file = parseYamlFile('f.yaml', `${'key'.repeat(100)}${'x'.repeat(500_000)}: PLANTED\nb: 1`)
  expect(rendered(`# ${'x'.repeat(1_000_000)}\nb: 1\nb: 2`)).toContain('f.yaml:3:1')
  expect(JSON.stringify(file.problems)).not.toContain('PLANTED')
})

it('refuses aliases that multiply', () => {
  const levels = Array.from({ length: 12 }, (_, n) => {
    const items = Array.from({ length: 10 }, () => (n === 0 ? 'x' : `*l${n - 1}`))
    return `l${n}: &l${n} [${items.join(', ')}]`
  })
  expect(rendered(levels.join('\n'))).toContain('aliases multiply')
})

it('takes a few aliases, and locates what is behind them', () => {
  const file = parseYamlFile('f.yaml', 'a: &tags\n  - x\n  - y\nb: *tags\n')
  expect(file.tree).toEqual({ a: ['x', 'y'], b: ['x', 'y'] })
  expect(file.valuePlace(['b', 1])).toMatchObject({ line: 3, column: 5 })
})

it('knows no merge keys: they would be settings from nowhere', () => {
  expect(parseYamlFile('f.yaml', 'a: &x {b: 1}\nc:\n  <<: *x\n').tree).toEqual({
    a: { b: 1 },
    c: { '<<': { b: 1 } },
  })
})

it.each(['', '\n', '# only a comment\n', '---\n'])('takes %j for no settings', (text) => {
  expect(parseYamlFile('f.yaml', text)).toMatchObject({ tree: {}, problems: [] })
})

it('takes a key without a value for absent', () => {
  expect(parseYamlFile('f.yaml', 'log:\n  level:\nsinks:\n').tree).toEqual({ log: {} })
})

it.each([
  ['a list under the key', 'apiKey:\n  - PLANTED\nb: 1', ['apiKey', 0]],
  ['a list not indented', 'apiKey:\n- PLANTED\nb: 1', ['apiKey', 0]],
  ['a block', 'apiKey: |\n  PLANTED\n  PLANTED\nb: 1', ['apiKey']],
  ['quotes over lines', 'apiKey: "a\n  PLANTED"\nb: 1', ['apiKey']],
  ['a mapping', 'apiKey:\n  x: PLANTED\nb: 1', ['apiKey', 'x']],
  ['a mistyped key', 'api_key:\n  PLANTED\nb: 1', ['api_key']],
])('masks a secret in %s', (_, text, path) => {
  const place = parseYamlFile('f.yaml', text).valuePlace(path)
  expect(place?.source).toContain('[REDACTED]')
  expect(JSON.stringify(place)).not.toContain('PLANTED')
})

it.each([
  'apiKey: |\n    PLANTED\n  @PLANTED\n',
  'a: [\napiKey: "PLANTED\n',
  'apiKey: @PLANTED',
  'apiKey: *PLANTED',
])('masks the secret of a file that cannot be parsed: %j', (text) => {
  expect(parseYamlFile('f.yaml', text).problems).not.toHaveLength(0)
  expect(rendered(text)).not.toContain('PLANTED')
})
