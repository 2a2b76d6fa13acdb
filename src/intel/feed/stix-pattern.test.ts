import { describe, expect, it } from 'vitest'
import { hintOfPath, parseOrPattern } from './stix-pattern.ts'

function flat(pattern: string): readonly string[] | undefined {
  return parseOrPattern(pattern)?.flatMap(({ path, values }) => values.map((value) => `${path}=${value}`))
}

describe('parseOrPattern', () => {
  it.each<[pattern: string, parts: readonly string[]]>([
    ["[ipv4-addr:value = '198.51.100.7']", ['ipv4-addr:value=198.51.100.7']],
    ["[ipv4-addr:value='198.51.100.0/24']", ['ipv4-addr:value=198.51.100.0/24']],
    [
      "[file:hashes.'SHA-256' = 'ab' OR file:hashes.MD5 = 'cd']",
      ['file:hashes.sha-256=ab', 'file:hashes.md5=cd'],
    ],
    ["[url:value = 'a'] OR [url:value = 'b']", ['url:value=a', 'url:value=b']],
    ["([url:value = 'a'] OR ([url:value = 'b']))", ['url:value=a', 'url:value=b']],
    ["[(url:value = 'a' OR (domain-name:value = 'b'))]", ['url:value=a', 'domain-name:value=b']],
    ["[domain-name:value IN ('a', 'b')]", ['domain-name:value=a', 'domain-name:value=b']],
    ["[ipv6-addr:value ISSUBSET '2001:db8::/32']", ['ipv6-addr:value=2001:db8::/32']],
    ["[network-traffic:dst_ref.value = 'x']", ['network-traffic:dst_ref.value=x']],
    ["\n[ url:value\t=\r\n'it\\'s \\\\ [x] OR' ]\n", ["url:value=it's \\ [x] OR"]],
    ["[url:value = '']", ['url:value=']],
  ])('%j', (pattern, parts) => {
    expect(flat(pattern)).toEqual(parts)
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
    "[url:value = 'a' AND url:value = 'b']",
    "[url:value = 'a'] AND [url:value = 'b']",
    "[url:value = 'a'] FOLLOWEDBY [url:value = 'b']",
    "[url:value = 'a'] WITHIN 5 SECONDS",
    "[url:value = 'a'] REPEATS 5 TIMES",
    "[url:value = 'a'] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'",
    "[NOT url:value = 'a']",
    "[url:value NOT = 'a']",
    "[url:value NOT IN ('a')]",
    "[url:value != 'a']",
    "[url:value > 'a']",
    "[url:value LIKE 'a%']",
    "[url:value MATCHES '^a']",
    "[url:value ISSUBSET 'a']",
    "[ipv4-addr:value ISSUPERSET '198.51.100.0/24']",
    '[EXISTS url:value]',
    '[url:value IN ()]',
    "[url:value IN ('a' 'b')]",
    '[file:size = 12]',
    "[url:value = h'ff']",
    "[file:parts[0].value = 'a']",
    "[file:parts[*].value = 'a']",
    "[url:value = 'a\\x']",
    '[url:value = "a"]',
    "[url:value = 'a' or url:value = 'b']",
  ])('does not guess at %j', (pattern) => {
    expect(parseOrPattern(pattern)).toBeUndefined()
  })

  it.each([
    ['parentheses', '('.repeat(200_000)],
    ['an open text', `[url:value = '${'x'.repeat(200_000)}`],
    ['escapes without end', `[url:value = '${"\\'".repeat(120_000)}`],
    ['too long', `[url:value = '${'x'.repeat(300_000)}']`],
    ['17 levels', `${'('.repeat(17)}[url:value = 'a']${')'.repeat(17)}`],
  ])('gives up on hostile text: %s', (_name, pattern) => {
    expect(parseOrPattern(pattern)).toBeUndefined()
  })

  it('reads a list of thousands of values', () => {
    const pattern = `[${Array.from({ length: 5000 }, (_, i) => `domain-name:value = 'h${i}.evil.com'`).join(' OR ')}]`
    expect(parseOrPattern(pattern)).toHaveLength(5000)
  })
})

describe('hintOfPath', () => {
  it.each([
    ['file:hashes.sha-256', 'sha256'],
    ['file:hashes.sha256', 'sha256'],
    ['artifact:hashes.md5', 'md5'],
    ['network-traffic:dst_ref.value', 'auto'],
    ['file:name', undefined],
    ['file:__proto__', undefined],
  ])('%s is %s', (path, hint) => {
    expect(hintOfPath(path)).toBe(hint)
  })
})
