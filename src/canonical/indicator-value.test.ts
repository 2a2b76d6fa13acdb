import { describe, expect, it } from 'vitest'
import { indicatorValues, type IndicatorHint } from './indicator-value.ts'

const SHA1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80708'

describe('indicatorValues', () => {
  it.each<[text: string, values: readonly string[]]>([
    ['203.0.113.7', ['ipv4 203.0.113.7']],
    ['203.0.113.7:443', ['ipv4 203.0.113.7']],
    ['203.0.113.7/24', ['ipv4 203.0.113.0/24']],
    ['203.0.113.7/32', ['ipv4 203.0.113.7']],
    ['203[.]0[.]113[.]7', ['ipv4 203.0.113.7']],
    ['2001:DB8::0:1', ['ipv6 2001:db8::1']],
    ['[2001:db8::1]:8443', ['ipv6 2001:db8::1']],
    ['2001:db8::1/32', ['ipv6 2001:db8::/32']],
    ['::ffff:203.0.113.7', ['ipv4 203.0.113.7']],
    ['Evil.Example.COM.', ['domain evil.example.com']],
    ['*.evil.com', ['domain evil.com']],
    ['.evil.com', ['domain evil.com']],
    ['evil.com:8080', ['domain evil.com']],
    ['bücher.de', ['domain xn--bcher-kva.de']],
    ['hxxps://Evil[.]com:443/A?b#c', ['url https://evil.com/A?b']],
    ['evil.com/a', ['url http://evil.com/a', 'url https://evil.com/a']],
    [
      'evil.com/go?to=https://shop.example',
      ['url http://evil.com/go?to=https://shop.example', 'url https://evil.com/go?to=https://shop.example'],
    ],
    ['203.0.113.7/gate.php', ['url http://203.0.113.7/gate.php', 'url https://203.0.113.7/gate.php']],
    ['A@Evil.com', ['email a@evil.com']],
    ['a[at]evil[dot]com', ['email a@evil.com']],
    [SHA1.toUpperCase(), [`sha1 ${SHA1}`]],
  ])('%s', (text, values) => {
    expect(indicatorValues(text).map(({ type, value }) => `${type} ${value}`)).toEqual(values)
  })

  it.each([
    '',
    '   ',
    'co.uk',
    'localhost',
    'just words',
    '203.0.113.7.9',
    '300.1.1.1',
    '203.0.113.7/33',
    '203.0.113.0/255.255.255.0',
    '203.0.113.0-203.0.113.9',
    '00000000000000000000000000000000',
    'invoice.exe',
    'C:\\Users\\evil.com\\a',
    // The WHATWG parser makes a host of each of these; they are a path, a date and a file name.
    '/gate.php',
    '//gate.php',
    '12/05/2026',
    'index.html/x',
    'javascript:alert(1)',
    'file:///etc/passwd',
    '__proto__',
  ])('%j is none', (text) => {
    expect(indicatorValues(text)).toEqual([])
  })

  it.each<[hint: IndicatorHint, text: string, count: number]>([
    ['ipv4', '2001:db8::1', 0],
    ['ipv6', '2001:db8::1', 1],
    ['ip', 'evil.com', 0],
    ['domain', '203.0.113.7', 0],
    ['sha1', SHA1, 1],
    ['sha256', SHA1, 0],
    ['url', 'evil.com', 2],
    ['url', '/gate.php', 0],
    ['email', 'evil.com', 0],
  ])('as %s, %s gives %i', (hint, text, count) => {
    expect(indicatorValues(text, hint)).toHaveLength(count)
  })
})
