import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Expression, PatternNode } from './ast.ts'
import { parsePattern } from './parser.ts'

/** A pattern as text with all its parentheses, so that what binds what can be read. */
function shown(node: PatternNode): string {
  if (node.kind === 'observation') return `[${shownTest(node.expression)}]`
  if (node.kind === 'qualified') return `{${shown(node.of)}}`
  const word = { all: ' AND ', any: ' OR ', sequence: ' FOLLOWEDBY ' }[node.kind]
  return `(${node.of.map(shown).join(word)})`
}

function shownTest(expression: Expression): string {
  if (expression.kind === 'and' || expression.kind === 'or')
    return `(${expression.of.map(shownTest).join(` ${expression.kind} `)})`
  const not = expression.negated ? 'not ' : ''
  if (expression.kind === 'exists') return `${not}exists ${expression.path}`
  const values = expression.literals.map(({ kind, value }) => `${kind}:${value}`)
  return `${expression.path} ${not}${expression.operator} ${values.join(',')}`
}

function read(text: string): string {
  const parsed = parsePattern(text)
  return parsed.kind === 'pattern' ? shown(parsed.node) : parsed.reason
}

describe('patterns', () => {
  it.each([
    ["[a:b = 'x']", '[a:b = text:x]'],
    [
      "[a:b == 'x' OR a:c != 5 AND a:d <> true]",
      '[(a:b = text:x or (a:c not = number:5 and a:d not = boolean:true))]',
    ],
    [
      '[(a:b < 1 OR a:c <= -2) AND a:d >= +.5]',
      '[((a:b < number:1 or a:c <= number:-2) and a:d >= number:0.5)]',
    ],
    ["[a:b NOT != 'x' AND a:b NOT IN ('y', 'z')]", '[(a:b = text:x and a:b not in text:y,text:z)]'],
    ['[a:b IN ()]', '[a:b in ]'],
    ['[a:b IN (1, 2.5)]', '[a:b in number:1,number:2.5]'],
    [
      "[a:b LIKE '%x_' AND a:c NOT MATCHES '^y\\\\d']",
      '[(a:b like text:%x_ and a:c not matches text:^y\\d)]',
    ],
    [
      "[a:b ISSUBSET '10.0.0.0/8' OR a:b ISSUPERSET '10.0.0.1']",
      '[(a:b issubset text:10.0.0.0/8 or a:b issuperset text:10.0.0.1)]',
    ],
    ['[EXISTS a:b AND NOT EXISTS a:c]', '[(exists a:b and not exists a:c)]'],
    [
      "[a:b = h'4a4B' OR a:b = b'SlE=' OR a:b > t'2026-01-02T03:04:05.120Z']",
      '[(a:b = binary:JK or a:b = binary:JQ or a:b > time:2026-01-02T03:04:05.12)]',
    ],
    ["[FILE:hashes.'SHA-256' = 'x']", '[file:hashes.sha-256 = text:x]'],
    ["[file:hashes.SHA-256 = 'x']", '[file:hashes.sha-256 = text:x]'],
    [
      "[a:refs[*].value = 'x' AND a:'b.c'[0].d = 'y' AND a:b[-1] = 1]",
      '[(a:refs.value = text:x and a:b.c[0].d = text:y and a:b[-1] = number:1)]',
    ],
    [
      "[a:b='x']AND[a:b='y']OR[a:b='z']FOLLOWEDBY[a:b='w']",
      '((([a:b = text:x] AND [a:b = text:y]) OR [a:b = text:z]) FOLLOWEDBY [a:b = text:w])',
    ],
    [
      "([a:b='x'] FOLLOWEDBY [a:b='y']) WITHIN 5.5 SECONDS REPEATS 2 TIMES",
      '{([a:b = text:x] FOLLOWEDBY [a:b = text:y])}',
    ],
    [
      "[a:b='x'] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z' AND [a:b='y']",
      '({[a:b = text:x]} AND [a:b = text:y])',
    ],
    ["[a:b='x'] START '2026-01-01T00:00:00Z' STOP '2026-01-02T00:00:00Z'", '{[a:b = text:x]}'],
    ["\n[ a:b\t=\r\n'it\\'s \\\\ [x] OR' ] // the end", "[a:b = text:it's \\ [x] OR]"],
    ["/* one */ [a:b /* ' */ = 'x']", '[a:b = text:x]'],
  ])('%s', (text, tree) => {
    expect(read(text)).toBe(tree)
  })

  it.each([
    '',
    'evil.com',
    '[]',
    '()',
    "[url:value = 'a'",
    "url:value = 'a'",
    "[url:value = 'a']]",
    "[url:value = 'a' OR ]",
    "[url:value = 'a] OR [url:value = 'b']",
    "[NOT url:value = 'a']",
    "[NOT (url:value = 'a')]",
    "[url:value NOT NOT = 'a']",
    '[url:value EXISTS]',
    '[url:value = null]',
    '[url:value LIKE 5]',
    "[url:value IN 'a']",
    "[url:value IN ('a' 'b')]",
    "[url:value IN ('a',)]",
    "[url:value IN ('a', 1)]",
    '[url:value > true]',
    "[url:value = h'f']",
    "[url:value = h'fg']",
    "[url:value = b'a']",
    "[url:value = t'2026-01-01']",
    "[url:value = t'2026-13-01T00:00:00Z']",
    "[url:value = t'2026-01-01t00:00:00Z']",
    "[url:value = t'2026-01-01T00:00:61Z']",
    '[file:size = 007]',
    '[some-type:needs-quotes = 1]',
    "[file:parts[x].value = 'a']",
    "[file:parts[1.5].value = 'a']",
    "[file:.name = 'a']",
    "[url:value = 'a\\x']",
    '[url:value = "a"]',
    "[url:value = 'a' or url:value = 'b']",
    "[url:value = 'a'] WITHIN 5",
    "[url:value = 'a'] WITHIN -5 SECONDS",
    "[url:value = 'a'] REPEATS 1.5 TIMES",
    "[url:value = 'a'] START 5 STOP 6",
    "[url:value = 'a'] /* open",
  ])('%j is none', (text) => {
    expect(read(text)).toBe('not-a-pattern')
  })

  it.each([
    ['an open text', `[url:value = '${'x'.repeat(200_000)}`, 'not-a-pattern'],
    ['escapes without end', `[url:value = '${"\\'".repeat(120_000)}`, 'not-a-pattern'],
    ['open comments', '/*'.repeat(100_000), 'not-a-pattern'],
    ['typed quotes', "h'".repeat(100_000), 'not-a-pattern'],
    ['parentheses', '('.repeat(200_000), 'too-complex'],
    ['too long', `[url:value = '${'x'.repeat(300_000)}']`, 'too-complex'],
    ['17 levels', `${'('.repeat(17)}[url:value = 'a']${')'.repeat(17)}`, 'too-complex'],
    ['17 levels inside', `[${'('.repeat(17)}url:value = 'a'${')'.repeat(17)}]`, 'too-complex'],
    ['comparisons', `[${Array.from({ length: 10_001 }, () => "a:b = 'x'").join(' OR ')}]`, 'too-complex'],
    ['values', `[a:b IN (${Array.from({ length: 10_001 }, () => "'x'").join(',')})]`, 'too-complex'],
  ])('gives up on hostile text: %s', (_name, text, reason) => {
    expect(read(text)).toBe(reason)
  })

  it('reads thousands of comparisons and qualifiers', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `domain-name:value = 'h${i}.evil.com'`)
    expect(read(`[${names.join(' OR ')}]`)).toContain('h4999.evil.com')
    expect(read(`[a:b = 1]${' REPEATS 2 TIMES'.repeat(10_000)}`)).toBe('{[a:b = number:1]}')
  })

  it('never throws, whatever the text', () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      '(',
      ')',
      ':',
      '.',
      ',',
      '=',
      '!=',
      '<',
      '*',
      "'",
      '\\',
      "h'",
      "t'",
      '/*',
      '*/',
      '//',
      '\n',
      '-',
      '+1',
      '.5',
      'AND ',
      'OR ',
      'NOT ',
      'IN ',
      'EXISTS ',
      'LIKE ',
      'MATCHES ',
      'FOLLOWEDBY ',
      'WITHIN ',
      'SECONDS ',
      'START ',
      'a:b ',
      "'x' ",
      'true ',
    )
    const text = fc.array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 60 })
    fc.assert(
      fc.property(text, (pieces) => {
        const parsed = parsePattern(pieces.join(''))
        expect(['pattern', 'refused']).toContain(parsed.kind)
      }),
      { numRuns: 3000 },
    )
  })
})
