import { readFileSync } from 'node:fs'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { METRICS } from '../src/telemetry/metrics.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly action: string; readonly doc: string }
}
interface Panel {
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
}

const rules = (
  parse(readFileSync('deploy/prometheus/tripline.rules.yml', 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly Rule[] }[]
  }
).groups.flatMap((group) => group.rules)
const dashboard = JSON.parse(readFileSync('deploy/grafana/tripline.json', 'utf8')) as {
  readonly panels: readonly Panel[]
}
const alertExpressions = rules.map(({ alert, expr }) => [alert, expr] as const)
const panelExpressions = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => [title, expr] as const),
)

/** Names of series, with the labels they have; of Tripline and of its process. */
function series(): ReadonlyMap<string, readonly string[]> {
  const all = new Map<string, readonly string[]>([['up', []]])
  for (const [name, { type, labels }] of Object.entries(METRICS)) {
    const endings = type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
    for (const ending of endings)
      all.set(`tripline_${name}${ending}`, ending === '_bucket' ? [...labels, 'le'] : labels)
  }
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const { name } of registry.getMetricsAsArray()) all.set(name, [])
  return all
}

/** Left out by intent, or known to who asked. */
const NO_ALERT = [
  'http_connections_refused_total',
  'provider_rows_dropped_total',
  'repeats_forgotten_total',
  'status_connections_refused_total',
]

/** Added by Prometheus when it scrapes. */
const SCRAPED = ['instance', 'job']
const known = series()

function namesIn(expression: string): readonly string[] {
  return [...expression.matchAll(/\b(?:tripline|process|nodejs)_\w+|\bup\b/g)].map(([name]) => name)
}

/** Labels a selector asks for: `name{label=…}`. */
function selectorsIn(expression: string): readonly (readonly [string, string])[] {
  return [...expression.matchAll(/(\w+)\{([^}]*)\}/g)].flatMap(([, name = '', inside = '']) =>
    [...inside.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => [name, label] as const),
  )
}

describe.each([
  ['the alert rules', alertExpressions, 24],
  ['the dashboard', panelExpressions, 50],
] as const)('%s', (_what, expressions, least) => {
  it('ask for metrics of the catalogue only', () => {
    expect(expressions.length).toBeGreaterThanOrEqual(least)
    for (const [title, expression] of expressions) {
      expect([title, namesIn(expression).length]).not.toEqual([title, 0])
      expect([title, namesIn(expression).filter((name) => !known.has(name))]).toEqual([title, []])
    }
  })

  it('ask for labels that these have', () => {
    const wrong = expressions
      .flatMap(([, expression]) => selectorsIn(expression))
      .filter(([name, label]) => !SCRAPED.includes(label) && known.get(name)?.includes(label) !== true)
    expect(wrong).toEqual([])
  })

  it('have their brackets closed', () => {
    for (const [title, expression] of expressions)
      for (const [open, close] of [
        ['(', ')'],
        ['{', '}'],
        ['[', ']'],
      ] as const)
        expect([title, expression.split(open).length]).toEqual([title, expression.split(close).length])
  })
})

it('every alert says what is wrong and what to do, and is in the docs', () => {
  const page = readFileSync('docs/operations.md', 'utf8')
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
  for (const { alert, labels, annotations } of rules) {
    expect(['warning', 'critical']).toContain(labels.severity)
    expect(annotations.summary.length).toBeGreaterThan(10)
    expect(annotations.action.length).toBeGreaterThan(10)
    expect(page).toContain(`\`${alert}\``)
  }
})

/** «## When a platform is down» → `when-a-platform-is-down`, as GitHub makes it. */
function anchorsOf(page: string): readonly string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

it('every alert names a section of the docs that is there', () => {
  for (const { alert, annotations } of rules) {
    const [file = '', anchor = ''] = annotations.doc.split('#')
    expect(file).toMatch(/^docs\/[a-z-]+\.md$/)
    expect([alert, anchorsOf(readFileSync(file, 'utf8'))]).toEqual([alert, expect.arrayContaining([anchor])])
  }
})

const onPanels = new Set(panelExpressions.flatMap(([, expression]) => namesIn(expression)))
const inRules = new Set(alertExpressions.flatMap(([, expression]) => namesIn(expression)))

it.each([
  ['the shared store', /^shared_store_/, 4],
  ['dead letters', /^dead_letters_/, 4],
  ['sinks, required or not', /^sink_/, 7],
  ['the outbox', /^queue_/, 4],
  ['turns, remembered answers and hints', /^lookup_/, 7],
  ['alerts that wait for an answer', /^pending_/, 4],
])('every metric of %s is on a panel', (_what, family, atLeast) => {
  const names = Object.keys(METRICS).filter((name) => family.test(name))
  expect(names.length).toBeGreaterThanOrEqual(atLeast)
  expect(names.filter((name) => !onPanels.has(`tripline_${name}`))).toEqual([])
})

it('whatever is dropped, lost or refused has an alert', () => {
  const losses = Object.entries(METRICS).filter(([name]) => /_(dropped|forgotten|refused)_total$/.test(name))
  const without = losses.map(([name]) => name).filter((name) => !inRules.has(`tripline_${name}`))
  expect(without.toSorted()).toEqual(NO_ALERT)
})
