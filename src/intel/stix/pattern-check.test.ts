import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FactValue } from '../../core/pattern-facts.ts'
import type { Expression } from './ast.ts'
import { createPatternCheck } from './pattern-check.ts'
import { createPredicate } from './predicate.ts'

const MD5 = '79054025255fb1a26e4bc422aef54eb4'

/** As the extractor would give it: canonical values, numbers as text. */
const FACTS = new Map<string, readonly FactValue[]>([
  ['file:hashes.md5', [MD5]],
  ['file:name', ['cmd.exe', 'Evil.EXE']],
  ['file:size', ['1024']],
  ['process:command_line', ['evil.exe -x "ä" 10.0']],
  ['domain-name:value', ['cdn.evil.com']],
  ['url:value', ['https://cdn.evil.com/A?b']],
  ['ipv4-addr:value', ['203.0.113.9']],
  ['ipv6-addr:value', ['2001:db8::9']],
  ['network-traffic:dst_ref.value', ['203.0.113.9', 'cdn.evil.com']],
  ['network-traffic:dst_port', ['443']],
  ['email-message:subject', ['Your Invoice']],
])

const check = createPatternCheck()

/** Beside what it is found by, which is true here. */
function holds(test: string): boolean {
  return check(`[file:hashes.MD5 = '${MD5.toUpperCase()}' AND ${test}]`, FACTS)
}

/** So many command lines of 1,000 characters, and a short one behind them. */
function many(long: number): Map<string, readonly FactValue[]> {
  const values = Array.from({ length: long }, () => 'x'.repeat(1000))
  return new Map([...FACTS, ['process:command_line', [...values, 'y']]])
}

describe('a pattern over the facts of an alert', () => {
  it.each([
    "file:name = 'evil.exe'",
    "file:name IN ('a', 'CMD.EXE')",
    "file:name != 'cmd.exe'",
    "file:name LIKE '_vil.%'",
    "file:name LIKE '%'",
    "file:name MATCHES '^EVIL\\\\.e'",
    "file:name NOT MATCHES 'zzz'",
    'file:size = 1024',
    'file:size > 1023.5',
    'file:size NOT < 5',
    "file:size = '1024'",
    "process:command_line LIKE '% -x %'",
    'process:command_line MATCHES \' "ä" \\\\d+\'',
    "domain-name:value = 'CDN.evil.com.'",
    "domain-name:value LIKE '%.EVIL.com'",
    "domain-name:value MATCHES '\\\\.Evil\\\\.'",
    "url:value = 'hxxps://CDN.evil[.]com:443/A?b#c'",
    "url:value LIKE '%/A?b'",
    "ipv4-addr:value = '203.0.113.0/24'",
    "ipv4-addr:value ISSUBSET '203.0.112.0/23'",
    "ipv4-addr:value ISSUPERSET '203.0.113.9/32'",
    "ipv6-addr:value = '2001:DB8:0::9'",
    "network-traffic:dst_ref.value = '203.0.113.9' AND network-traffic:dst_port IN (80, 443)",
    "network-traffic:dst_ref.value = 'cdn.evil.com'",
    "(file:name = 'zzz' OR network-traffic:dst_port < 1000)",
    'EXISTS file:name',
    'NOT EXISTS mutex:name',
  ])('holds: %s', (test) => {
    expect(holds(test)).toBe(true)
  })

  it.each([
    "file:name = 'evil'",
    "file:name LIKE '_evil.%'",
    "file:name LIKE 'evil'",
    'file:size = 1025',
    "file:size = 'x'",
    'file:size = true',
    'file:size < 1024',
    "domain-name:value = 'evil.com'",
    "url:value LIKE '%/a?B'",
    "url:value = 'https://cdn.evil.com/a?b'",
    "ipv4-addr:value = '203.0.112.0/24'",
    "ipv4-addr:value != '203.0.113.0/24'",
    "ipv4-addr:value ISSUPERSET '203.0.113.0/24'",
    "ipv4-addr:value ISSUBSET 'nonsense'",
    "ipv4-addr:value NOT ISSUBSET 'nonsense'",
    "email-message:subject = 'your invoice'",
    'NOT EXISTS file:name',
    'EXISTS mutex:name',
    "mutex:name = 'x'",
    "mutex:name != 'x'",
    "mutex:name NOT IN ('x')",
    "mutex:name NOT LIKE '%'",
    "email-message:subject NOT > t'2026-01-01T00:00:00Z'",
  ])('does not hold: %s', (test) => {
    expect(holds(test)).toBe(false)
  })

  it('neither matches nor misses texts too long to look through', () => {
    const long = new Map([...FACTS, ['process:command_line', ['x'.repeat(10_000)]] as const])
    const found = `file:hashes.MD5 = '${MD5}'`
    for (const test of ["LIKE '%'", "NOT LIKE 'y'", "MATCHES 'x'", "NOT MATCHES 'y'"])
      expect(check(`[${found} AND process:command_line ${test}]`, long)).toBe(false)
    expect(check(`[${found} AND process:command_line > 'x']`, long)).toBe(true)
  })

  it.each([
    ['no pattern', 'x'],
    ['several alerts', `[file:hashes.MD5 = '${MD5}'] AND [file:name = 'evil.exe']`],
    ['a property nobody tells', `[file:hashes.MD5 = '${MD5}' AND NOT EXISTS file:x]`],
    [
      'an expression that may run for ever',
      `[file:hashes.MD5 = '${MD5}' AND file:name NOT MATCHES '(a)\\\\1']`,
    ],
  ])('is false for %s', (_name, pattern) => {
    expect(check(pattern, FACTS)).toBe(false)
  })

  it('holds by any of its alternatives', () => {
    const pattern = `[url:value = 'http://a.com/'] OR [file:hashes.MD5 = '${MD5}' AND file:name = 'evil.exe'] OR [file:hashes.MD5 = 'x' AND file:x = 1]`
    expect(check(pattern, FACTS)).toBe(true)
    expect(check(pattern.replace('evil.exe', 'good.exe'), FACTS)).toBe(false)
  })

  it('looks at the first values only, when a property has too many', () => {
    const pattern = `[file:hashes.MD5 = '${MD5}' AND process:command_line MATCHES 'y']`
    expect([check(pattern, many(16)), check(pattern, many(17))]).toEqual([true, false])
  })

  it('looks through hostile LIKE and MATCHES in bounded time', () => {
    const value = new Map([...FACTS, ['process:command_line', [`${'a'.repeat(8000)}!`]] as const])
    for (const test of [`LIKE '${'%a'.repeat(490)}b'`, "MATCHES '^(a+)+$'", "MATCHES '(.*)(.*)(.*)(.*)x'"])
      expect(check(`[file:hashes.MD5 = '${MD5}' AND process:command_line ${test}]`, value)).toBe(false)
  })
})

/** §9.6 and §9.7 word for word. */
function naive(each: Expression, known: Readonly<Record<string, readonly number[]>>): boolean {
  if (each.kind === 'and') return !each.of.some((part) => !naive(part, known))
  if (each.kind === 'or') return each.of.filter((part) => naive(part, known)).length > 0
  const values = known[each.path] ?? []
  if (each.kind === 'exists') return each.negated ? values.length === 0 : values.length > 0
  const literal = Number(each.literals[0]?.value)
  const is = {
    '=': (value: number) => value === literal,
    in: (value: number) => value === literal,
    '<': (value: number) => value < literal,
    '<=': (value: number) => value <= literal,
    '>': (value: number) => value > literal,
    '>=': (value: number) => value >= literal,
    like: () => false,
    matches: () => false,
    issubset: () => false,
    issuperset: () => false,
  }[each.operator]
  return values.some((value) => (each.negated ? !is(value) : is(value)))
}

describe('any expression', () => {
  const comparison = fc.record({
    kind: fc.constant('comparison' as const),
    path: fc.constantFrom('x:a', 'x:b', 'x:c'),
    operator: fc.constantFrom(
      '=' as const,
      '<' as const,
      '<=' as const,
      '>' as const,
      '>=' as const,
      'in' as const,
    ),
    negated: fc.boolean(),
    literals: fc.array(
      fc.integer({ min: 0, max: 3 }).map((value) => ({ kind: 'number' as const, value })),
      { minLength: 1, maxLength: 1 },
    ),
  })
  const exists = fc.record({
    kind: fc.constant('exists' as const),
    path: fc.constantFrom('x:a', 'x:b', 'x:c'),
    negated: fc.boolean(),
  })
  const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'expression' },
      comparison,
      exists,
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        of: fc.array(tie('expression'), { minLength: 1, maxLength: 3 }),
      }),
    ),
  }))
  const facts = fc.dictionary(
    fc.constantFrom('x:a', 'x:b', 'x:c'),
    fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 2 }),
  )

  it('is judged as a model judges it', () => {
    fc.assert(
      fc.property(expression, facts, (each, known) => {
        expect(createPredicate(each)(new Map(Object.entries(known)))).toBe(naive(each, known))
      }),
      { numRuns: 3000 },
    )
  })
})
