import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FactValue, PatternFacts } from '../../src/core/pattern-facts.ts'
import type { Expression, PatternNode } from '../../src/intel/stix/ast.ts'
import { compilePattern } from '../../src/intel/stix/compile.ts'
import { parsePattern } from '../../src/intel/stix/parser.ts'
import { createPredicate } from '../../src/intel/stix/predicate.ts'

const DATA = join(import.meta.dirname, '../../../shared/data')
const present = existsSync(DATA)

interface Row {
  readonly id: string
  readonly input: string
  readonly options: { readonly observations: string }
  readonly expect: { readonly match?: boolean; readonly error?: readonly string[] }
}

type Json = Readonly<Record<string, unknown>>

/**
 * The reference implementation fails while it compares (`ParseException` is a bad pattern, `MatcherException` one that does not fit the
 * data): here such a comparison is false, or the pattern is none.
 */
const FAILS_LATE = 'MatcherException'

/** STIX 2.0 holds the objects in an observation, 2.1 refers to them from it. */
function observationsOf(documents: readonly Json[]): readonly (readonly PatternFacts[])[] {
  return documents.flatMap((document) => {
    if (document['type'] !== 'bundle') {
      const objects = document['objects'] as Readonly<Record<string, Json>>
      return [Object.values(objects).map((object) => factsOf(object, (id) => objects[id]))]
    }
    const objects = new Map((document['objects'] as readonly Json[]).map((one) => [one['id'], one]))
    const observed = [...objects.values()].filter(({ type }) => type === 'observed-data')
    return observed.map(({ object_refs }) =>
      (object_refs as readonly string[]).flatMap((id) => {
        const object = objects.get(id)
        return object === undefined ? [] : [factsOf(object, (other) => objects.get(other))]
      }),
    )
  })
}

/** What one object tells, those it refers to (three steps far) included. */
function factsOf(object: Json, refer: (id: string) => Json | undefined): PatternFacts {
  const facts = new Map<string, FactValue[]>()
  const add = (path: string, value: unknown, depth: number): void => {
    if (value === undefined || depth > 4) return
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries())
        for (const at of [path, `${path}[${index}]`]) addRefOrValue(at, path, item, depth)
    } else addRefOrValue(path, path, value, depth)
  }
  const addRefOrValue = (path: string, property: string, value: unknown, depth: number): void => {
    if (/_refs?$/.test(property) && typeof value === 'string') addObject(path, refer(value), depth)
    else if (typeof value === 'object' && value !== null) addObject(path, value as Json, depth)
    // The reference takes null for a value of a kind that no literal has, as a flag is beside texts.
    else facts.set(path, [...(facts.get(path) ?? []), value === null ? false : (value as FactValue)])
  }
  const addObject = (path: string, one: Json | undefined, depth: number): void => {
    for (const [key, value] of Object.entries(one ?? {}))
      add(`${path}.${key}`.toLowerCase(), value, depth + 1)
  }
  for (const [key, value] of Object.entries(object))
    add(`${String(object['type'])}:${key}`.toLowerCase(), value, 0)
  return facts
}

/** The alternatives that one observation decides; undefined when there are none. */
function oneObservation(node: PatternNode): readonly Expression[] {
  if (node.kind === 'observation') return [node.expression]
  return node.kind === 'any' ? node.of.flatMap(oneObservation) : []
}

function isWholly(node: PatternNode): boolean {
  return node.kind === 'observation' || (node.kind === 'any' && node.of.every(isWholly))
}

type Outcome = 'as expected' | 'differs' | 'refused' | 'unexpectedly refused'

function judge(
  { input, options, expect: expected }: Row,
  fixtures: Readonly<Record<string, readonly Json[]>>,
): Outcome {
  const parsed = parsePattern(input)
  if (parsed.kind === 'refused') return expected.error === undefined ? 'unexpectedly refused' : 'as expected'
  if (expected.error !== undefined && !expected.error.includes(FAILS_LATE)) return 'differs'
  if (!isWholly(parsed.node))
    return compilePattern(input).refused.length > 0 ? 'refused' : 'unexpectedly refused'
  const observations = observationsOf(fixtures[options.observations] ?? [])
  const tests = oneObservation(parsed.node).map(createPredicate)
  const holds = observations.some((objects) => objects.some((facts) => tests.some((test) => test(facts))))
  return holds === (expected.match ?? false) ? 'as expected' : 'differs'
}

function readRows(): readonly Row[] {
  const text = readFileSync(join(DATA, 'observables/stix-pattern-matcher.jsonl'), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
}

it('has published patterns beside the checkout', (context) => {
  context.skip(!present, 'the folder shared/data is absent: no published pattern is tried')
  expect(present).toBe(true)
})

describe.skipIf(!present)('published patterns', () => {
  it('are judged as the reference implementation judges them, or refused with a reason', () => {
    const fixtures = JSON.parse(
      readFileSync(join(DATA, 'observables/stix-pattern-matcher.fixtures.json'), 'utf8'),
    ) as Readonly<Record<string, readonly Json[]>>
    const outcomes = new Map<Outcome, string[]>()
    const rows = readRows()
    for (const row of rows) {
      const outcome = judge(row, fixtures)
      outcomes.set(outcome, [...(outcomes.get(outcome) ?? []), `${row.options.observations} ${row.input}`])
    }
    const count = (outcome: Outcome): number => outcomes.get(outcome)?.length ?? 0
    const decidable = rows.length - count('refused')
    const share = ((100 * count('as expected')) / decidable).toFixed(1)
    process.stdout.write(
      `STIX patterns: ${count('as expected')} of the ${decidable} rows about one observation are judged as published (${share} %); ${count('refused')} of all ${rows.length} need several observations or qualifiers and are refused\n`,
    )
    expect(outcomes.get('differs') ?? []).toEqual([])
    expect(outcomes.get('unexpectedly refused') ?? []).toEqual([])
    expect(rows.length).toBe(752)
    expect(count('as expected')).toBeGreaterThanOrEqual(691)
  })

  it('of OpenCTI’s own tests are all read, and most matchable', () => {
    const text = readFileSync(join(DATA, 'opencti/stix/patterns-from-upstream-tests.json'), 'utf8')
    const patterns = JSON.parse(text) as readonly {
      readonly pattern: string
      readonly pattern_type: string
    }[]
    const stix = patterns.filter(({ pattern_type }) => pattern_type === 'stix')
    expect(stix.filter(({ pattern }) => parsePattern(pattern).kind !== 'pattern')).toEqual([])
    const compiled = stix.map(({ pattern }) => compilePattern(pattern))
    const refused = compiled.filter(({ parts }) => parts.length === 0).flatMap((each) => each.refused)
    expect([stix.length, compiled.filter(({ parts }) => parts.length > 0).length]).toEqual([38, 29])
    expect(
      [...new Set(refused)].map((reason) => [reason, refused.filter((each) => each === reason).length]),
    ).toEqual([
      ['no-observable', 7],
      ['several-observations', 2],
    ])
  })
})
