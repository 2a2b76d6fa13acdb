import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FactValue } from '../../src/core/pattern-facts.ts'
import { anchorsOf } from '../../src/intel/stix/anchors.ts'
import type { Comparison, Expression, Literal } from '../../src/intel/stix/ast.ts'
import { compilePattern } from '../../src/intel/stix/compile.ts'
import { decidable } from '../../src/intel/stix/decidable.ts'
import { parsePattern } from '../../src/intel/stix/parser.ts'
import { createPatternCheck } from '../../src/intel/stix/pattern-check.ts'
import { createPredicate } from '../../src/intel/stix/predicate.ts'

const HASHES = ['79054025255fb1a26e4bc422aef54eb4', 'cead3f77f6cda6ec00f57d76c9a6879f'] as const
const NAMES = ['a.evil.com', 'b.evil.com', 'c.evil.com'] as const
const FILES = ["it's", 'back\\slash', '[a] OR b'] as const

/** Values that a path may have; the last is a path of which no alert tells. */
const PATHS = { 'file:hashes.md5': HASHES, 'domain-name:value': NAMES, 'file:name': FILES, 'file:x': FILES }
type Path = keyof typeof PATHS

const comparison: fc.Arbitrary<Comparison> = fc
  .record({
    path: fc.constantFrom<Path>('file:hashes.md5', 'domain-name:value', 'file:name', 'file:x'),
    operator: fc.constantFrom('=' as const, 'in' as const, '>' as const, 'like' as const, 'matches' as const),
    negated: fc.boolean(),
    picked: fc.array(fc.nat(2), { minLength: 1, maxLength: 3 }),
  })
  .map(({ path, operator, negated, picked }) => {
    const values = PATHS[path]
    const literals = picked.map<Literal>((at) => ({ kind: 'text', value: values[at % values.length] ?? '' }))
    return {
      kind: 'comparison',
      path,
      operator,
      negated,
      literals: operator === 'in' ? literals : literals.slice(0, 1),
    }
  })

const existence = fc.record({
  kind: fc.constant('exists' as const),
  path: fc.constantFrom('file:name', 'domain-name:value', 'file:x'),
  negated: fc.boolean(),
})

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'expression' },
    comparison,
    existence,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(tie('expression'), { minLength: 2, maxLength: 3 }),
    }),
  ),
}))

/** Any values an alert may tell for the paths that it can tell. */
const facts = fc
  .record({
    hashes: fc.subarray([...HASHES]),
    names: fc.subarray([...NAMES]),
    files: fc.subarray([...FILES]),
  })
  .map(
    ({ hashes, names, files }) =>
      new Map<string, readonly FactValue[]>([
        ['file:hashes.md5', hashes],
        ['domain-name:value', names],
        ['file:name', files],
      ]),
  )

function textOf(each: Expression): string {
  if (each.kind === 'exists') return `${each.negated ? 'NOT ' : ''}EXISTS ${each.path}`
  if (each.kind === 'comparison') {
    const values = each.literals.map(
      ({ value }) => `'${String(value).replaceAll(/['\\]/g, String.raw`\$&`)}'`,
    )
    const operand = each.operator === 'in' ? `(${values.join(', ')})` : values.join('')
    return `${each.path} ${each.negated ? 'NOT ' : ''}${each.operator.toUpperCase()} ${operand}`
  }
  return `(${each.of.map(textOf).join(each.kind === 'and' ? ' AND ' : ' OR ')})`
}

/** What can be told of an expression, by going through its parts: what is unknown is not true, and NOT does not help. */
function isTrue(each: Expression, known: ReadonlyMap<string, readonly FactValue[]>): boolean {
  if (each.kind === 'and') return each.of.every((part) => isTrue(part, known))
  if (each.kind === 'or') return each.of.some((part) => isTrue(part, known))
  return each.path !== 'file:x' && createPredicate(each)(known)
}

describe('STIX patterns', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(expression, (each) => {
        expect(parsePattern(`[${textOf(each)}]`)).toEqual({
          kind: 'pattern',
          node: { kind: 'observation', expression: each },
        })
      }),
      { numRuns: 2000 },
    )
  })

  it('that hold are found: an alert for which one is true has one of its values', () => {
    const check = createPatternCheck()
    let held = 0
    fc.assert(
      fc.property(expression, facts, (each, known) => {
        const text = `[${textOf(each)}]`
        if (!check(text, known)) return
        held += 1
        const values = compilePattern(text).parts.flatMap((part) => part.values)
        expect(values.filter((value) => [...known.values()].flat().includes(value))).not.toEqual([])
      }),
      { numRuns: 5000 },
    )
    expect(held).toBeGreaterThan(100)
  })

  it('are judged alike with and without what cannot be decided', () => {
    fc.assert(
      fc.property(expression, facts, (each, known) => {
        const { expression: rest } = decidable(each)
        expect(rest !== undefined && createPredicate(rest)(known)).toBe(isTrue(each, known))
      }),
      { numRuns: 3000 },
    )
  })

  it('are matchable when what can be decided has values to be found by, and refused when not', () => {
    fc.assert(
      fc.property(expression, (each) => {
        const { parts, refused } = compilePattern(`[${textOf(each)}]`)
        expect(parts.length > 0 || refused.length > 0).toBe(true)
        const { expression: rest } = decidable(each)
        const isFound = rest !== undefined && anchorsOf(rest) !== undefined
        expect(isFound && parts.length === 0).toBe(false)
      }),
      { numRuns: 3000 },
    )
  })
})
