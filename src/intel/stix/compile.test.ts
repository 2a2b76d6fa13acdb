import { describe, expect, it } from 'vitest'
import { compilePattern } from './compile.ts'

/** Each value as `path=value`, those of a pattern that must hold as a whole with a star. */
function parts(pattern: string): readonly string[] {
  return compilePattern(pattern).parts.flatMap(({ path, values, whole }) =>
    values.map((value) => `${whole === true ? '*' : ''}${path}=${value}`),
  )
}

const MD5 = '79054025255fb1a26e4bc422aef54eb4'
const SHA1 = 'be496dec5b552d81b8ff30572bb0ff4f65dd6e29'

describe('values of a pattern', () => {
  it.each<[pattern: string, values: readonly string[]]>([
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
    ["[email-message:from_ref.value NOT != 'x']", ['email-message:from_ref.value=x']],
    ["[url:value = '']", ['url:value=']],
  ])('%s: each by itself', (pattern, values) => {
    expect(parts(pattern)).toEqual(values)
    expect(compilePattern(pattern).refused).toEqual([])
  })

  it.each<[about: string, pattern: string, values: readonly string[]]>([
    ['the only one', `[file:name = 'a.exe' AND file:hashes.MD5 = '${MD5}']`, [`*file:hashes.md5=${MD5}`]],
    [
      'the rarest: digest before URL before address',
      `[ipv4-addr:value = '9.9.9.9' AND url:value = 'http://evil.com/x' AND file:hashes.MD5 = '${MD5}']`,
      [`*file:hashes.md5=${MD5}`],
    ],
    [
      'URL before name',
      "[domain-name:value = 'evil.com' AND url:value = 'http://evil.com/x']",
      ['*url:value=http://evil.com/x'],
    ],
    [
      'e-mail address before name',
      "[domain-name:value = 'evil.com' AND email-addr:value = 'a@evil.com']",
      ['*email-addr:value=a@evil.com'],
    ],
    [
      'name before address, whatever the path says',
      "[network-traffic:src_ref.value = '9.9.9.9' AND network-traffic:dst_ref.value = 'evil.com']",
      ['*network-traffic:dst_ref.value=evil.com'],
    ],
    [
      'address before network',
      "[ipv4-addr:value = '9.9.0.0/16' AND network-traffic:src_ref.value = '9.9.9.9']",
      ['*network-traffic:src_ref.value=9.9.9.9'],
    ],
    [
      'any address before one of special use',
      "[network-traffic:src_ref.value = '10.1.2.3' AND network-traffic:dst_ref.value = '9.9.0.0/16']",
      ['*network-traffic:dst_ref.value=9.9.0.0/16'],
    ],
    [
      'the shorter list',
      "[domain-name:value IN ('a.com', 'b.com') AND hostname:value = 'c.com']",
      ['*hostname:value=c.com'],
    ],
    [
      'all of an OR inside an AND',
      `[(file:hashes.MD5 = '${MD5}' OR file:hashes.'SHA-1' = '${SHA1}') AND file:name LIKE '%.exe']`,
      [`*file:hashes.md5=${MD5}`, `*file:hashes.sha-1=${SHA1}`],
    ],
    [
      'not an OR that may be true without a value',
      `[(file:hashes.MD5 = '${MD5}' OR file:name = 'a') AND domain-name:value = 'evil.com']`,
      ['*domain-name:value=evil.com'],
    ],
    [
      'not what is no value',
      `[file:hashes.MD5 = 'zz' AND domain-name:value = 'evil.com']`,
      ['*domain-name:value=evil.com'],
    ],
    [
      'one value once',
      "[domain-name:value = 'evil.com' AND file:name = 'a'] OR [domain-name:value = 'evil.com' AND file:name = 'b']",
      ['*domain-name:value=evil.com'],
    ],
    [
      'beside values that stand alone',
      `[url:value = 'http://evil.com/'] OR [file:hashes.MD5 = '${MD5}' AND file:size > 5]`,
      ['url:value=http://evil.com/', `*file:hashes.md5=${MD5}`],
    ],
    [
      'behind what cannot be decided',
      `[file:hashes.MD5 = '${MD5}' AND (file:name = 'a' OR file:parts[0].x = 'b')]`,
      [`*file:hashes.md5=${MD5}`],
    ],
    [
      'the part of an OR that can be decided',
      `[file:name = 'a' AND (file:hashes.MD5 = '${MD5}' OR file:x = 'b')]`,
      [`*file:hashes.md5=${MD5}`],
    ],
  ])('found by %s', (_about, pattern, values) => {
    expect(parts(pattern)).toEqual(values)
  })
})

describe('what is not matchable', () => {
  it.each<[pattern: string, refused: readonly string[]]>([
    ['evil.com', ['not-a-pattern']],
    [`${'('.repeat(40)}[url:value = 'a']${')'.repeat(40)}`, ['too-complex']],
    ["[url:value = 'a'] AND [url:value = 'b']", ['several-observations']],
    ["[url:value = 'a'] FOLLOWEDBY [url:value = 'b']", ['several-observations']],
    ["([url:value = 'a'] FOLLOWEDBY [url:value = 'b']) WITHIN 5 SECONDS", ['several-observations']],
    ["[url:value = 'a'] WITHIN 5 SECONDS", ['qualifier']],
    ["([url:value = 'a'] OR [url:value = 'b']) REPEATS 5 TIMES", ['qualifier']],
    ["[file:name = 'a.exe']", ['no-observable']],
    ["[x-company-type:value = 'http://evil.com/']", ['no-observable']],
    ["[url:value != 'a']", ['no-observable']],
    ["[url:value NOT IN ('a')]", ['no-observable']],
    ["[url:value LIKE 'a%']", ['no-observable']],
    ["[url:value MATCHES '^a']", ['no-observable']],
    ["[url:value ISSUBSET 'a']", ['no-observable']],
    ["[ipv4-addr:value ISSUPERSET '198.51.100.0/24']", ['no-observable']],
    ['[EXISTS url:value]', ['no-observable']],
    ['[url:value IN ()]', ['no-observable']],
    ["[url:value = h'ff']", ['no-observable']],
    ["[file:name = 'a' OR file:name = 'b']", ['no-observable', 'no-observable']],
    ["[domain-name:value = 'evil.com' AND domain-name:x_refs[*].value = '9.9.9.9']", ['reference']],
    [
      `[file:hashes.MD5 = '${MD5}' AND file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.0]`,
      ['unknown-property'],
    ],
    ["[domain-name:value = 'evil.com' AND NOT EXISTS x-thing:name]", ['unknown-property']],
    [`[file:hashes.MD5 = '${MD5}' AND file:name MATCHES '(a)\\\\1']`, ['unsafe-regex']],
    [`[file:hashes.MD5 = '${MD5}' AND file:name MATCHES '(?=a)']`, ['unsafe-regex']],
    [
      `[file:hashes.MD5 = '${MD5}' AND (file:name MATCHES '.{600}' OR file:name MATCHES '.{500}')]`,
      ['too-complex'],
    ],
  ])('%s', (pattern, refused) => {
    expect(compilePattern(pattern)).toEqual({ parts: [], refused })
  })

  it('is said of each part, and the others stay', () => {
    const pattern =
      "[url:value = 'http://evil.com/'] OR [file:name = 'a'] OR ([url:value = 'b'] FOLLOWEDBY [url:value = 'c'])"
    expect(parts(pattern)).toEqual(['url:value=http://evil.com/'])
    expect(compilePattern(pattern).refused).toEqual(['no-observable', 'several-observations'])
    const undecided = `[file:hashes.MD5 = '${MD5}' AND (file:name = 'a' OR file:x = 'b')]`
    expect(compilePattern(undecided).refused).toEqual(['unknown-property'])
  })

  it('is a pattern that would search too long, but for its values', () => {
    const pattern = `[url:value = 'http://evil.com/' OR (file:hashes.MD5 = '${MD5}' AND file:name LIKE '${'%a'.repeat(600)}')]`
    expect(parts(pattern)).toEqual(['url:value=http://evil.com/'])
    expect(compilePattern(pattern).refused).toEqual(['too-complex'])
  })

  it('is a pattern that would be kept too often', () => {
    const names = Array.from({ length: 400 }, (_, i) => `'h${i}.evil.com'`).join(', ')
    const pattern = `[domain-name:value IN (${names}) AND file:name = '${'x'.repeat(3000)}']`
    expect(compilePattern(pattern)).toEqual({ parts: [], refused: ['too-complex'] })
  })

  it('has a list of thousands of values in it all the same', () => {
    const pattern = `[${Array.from({ length: 5000 }, (_, i) => `domain-name:value = 'h${i}.evil.com'`).join(' OR ')}]`
    expect(parts(pattern)).toHaveLength(5000)
  })
})
