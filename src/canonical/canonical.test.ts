import { describe, expect, it } from 'vitest'
import { canonicalDomain, parentDomains, registrableDomain } from './domain.ts'
import { canonicalEmail } from './email.ts'
import { canonicalHash, isEmptyFileHash } from './hash.ts'
import { canonicalIp, canonicalNetwork, splitHostPort } from './ip.ts'
import { refang } from './refang.ts'
import { canonicalUrl, urlHost, urlPrefixes } from './url.ts'

describe('canonicalIp', () => {
  it.each([
    ['9.9.9.9', { type: 'ipv4', value: '9.9.9.9' }],
    ['::ffff:9.9.9.9', { type: 'ipv4', value: '9.9.9.9' }],
    ['::ffff:909:909', { type: 'ipv4', value: '9.9.9.9' }],
    ['2606:4700:0:0:0:0:0:1111', { type: 'ipv6', value: '2606:4700::1111' }],
    ['2606:4700::ABCD', { type: 'ipv6', value: '2606:4700::abcd' }],
    ['[2606:4700::1]', { type: 'ipv6', value: '2606:4700::1' }],
    ['fe80::1%eth0', { type: 'ipv6', value: 'fe80::1', special: 'link-local' }],
    ['10.1.2.3', { type: 'ipv4', value: '10.1.2.3', special: 'private' }],
    ['100.64.0.1', { type: 'ipv4', value: '100.64.0.1', special: 'private' }],
    ['100.128.0.1', { type: 'ipv4', value: '100.128.0.1' }],
    ['127.8.8.8', { type: 'ipv4', value: '127.8.8.8', special: 'loopback' }],
    ['169.254.1.1', { type: 'ipv4', value: '169.254.1.1', special: 'link-local' }],
    ['172.31.255.255', { type: 'ipv4', value: '172.31.255.255', special: 'private' }],
    ['172.32.0.1', { type: 'ipv4', value: '172.32.0.1' }],
    ['198.51.100.7', { type: 'ipv4', value: '198.51.100.7', special: 'documentation' }],
    ['224.0.0.251', { type: 'ipv4', value: '224.0.0.251', special: 'multicast' }],
    ['255.255.255.255', { type: 'ipv4', value: '255.255.255.255', special: 'broadcast' }],
    ['255.255.255.0', { type: 'ipv4', value: '255.255.255.0', special: 'reserved' }],
    ['0.0.0.0', { type: 'ipv4', value: '0.0.0.0', special: 'unspecified' }],
    ['::1', { type: 'ipv6', value: '::1', special: 'loopback' }],
    ['fd00::1', { type: 'ipv6', value: 'fd00::1', special: 'private' }],
    ['2001:db8::1', { type: 'ipv6', value: '2001:db8::1', special: 'documentation' }],
  ])('%s', (text, expected) => expect(canonicalIp(text)).toEqual(expected))

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4 ',
    '1..2.3',
    '1.2.3.',
    '.1.2.3',
    '1.2.3.4/24',
    '0x7f.0.0.1',
    'sanitized',
    'xx.xx.xx.xx',
    '183.106.179.x',
    '12:03:44',
    '00:0c:29:fa:f2:ab',
    ':',
    '1::2::3',
    'g::1',
    '[::1',
  ])('refuses %j', (text) => expect(canonicalIp(text)).toBeUndefined())
})

describe('canonicalNetwork', () => {
  it.each([
    ['9.9.9.9/24', '9.9.9.0/24'],
    ['9.9.9.9/32', '9.9.9.9'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2606:4700:1:2::5/48', '2606:4700:1::/48'],
    ['2606:4700::5/128', '2606:4700::5'],
  ])('%s → %s', (text, value) => expect(canonicalNetwork(text)?.value).toBe(value))
  it.each(['9.9.9.9', '9.9.9.9/33', '9.9.9.9/', '9.9.9.9/-1', 'example.com/24', '::/129'])(
    'refuses %j',
    (text) => expect(canonicalNetwork(text)).toBeUndefined(),
  )
})

describe('splitHostPort', () => {
  it.each([
    ['9.9.9.9:443', '9.9.9.9', '443'],
    ['[2606:4700::1]:443', '2606:4700::1', '443'],
    ['[2606:4700::1]', '2606:4700::1', undefined],
    ['2606:4700::1', '2606:4700::1', undefined],
    ['::ffff:9.9.9.9:443', '::ffff:9.9.9.9', '443'],
    ['example.com:8080', 'example.com', '8080'],
    ['example.com:', 'example.com:', undefined],
    ['example.com:99999', 'example.com:99999', undefined],
  ])('%s', (text, host, port) => {
    const split = splitHostPort(text)
    expect([split.host, split.port]).toEqual([host, port])
  })
})

describe('domains', () => {
  it.each([
    ['WWW.Example.COM.', 'www.example.com'],
    ['bücher.example.de', 'xn--bcher-kva.example.de'],
    ['_dmarc.example.com', '_dmarc.example.com'],
    ['a.co.uk', 'a.co.uk'],
    ['evil.github.io', 'evil.github.io'],
    ['xn--bcher-kva.ch', 'xn--bcher-kva.ch'],
  ])('%s → %s', (text, value) => expect(canonicalDomain(text)).toBe(value))
  it.each([
    'com',
    'co.uk',
    'localhost',
    'host.local',
    'srv.corp',
    'cmd.exe',
    'index.php',
    '1.2.3.4',
    'a..com',
    '-a.com',
    'a-.com',
    'a b.com',
    'evil.example',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(130)}com`,
    'exa$mple.com',
    '.com',
    '12.34',
  ])('refuses %j', (text) => expect(canonicalDomain(text)).toBeUndefined())

  it('never climbs above the registrable domain, private suffixes counted', () => {
    expect(parentDomains('a.b.example.co.uk')).toEqual(['b.example.co.uk', 'example.co.uk'])
    expect(parentDomains('a.evil.github.io')).toEqual(['evil.github.io'])
    expect(parentDomains('example.com')).toEqual([])
    expect(registrableDomain('github.io')).toBe('github.io')
  })
})

describe('URLs', () => {
  it.each([
    ['HTTP://WWW.Example.com:80/A/../b?x#y', 'http://www.example.com/b?x'],
    ['https://example.com:443', 'https://example.com/'],
    ['http://bücher.de/ä', 'http://xn--bcher-kva.de/%C3%A4'],
    ['http://[::ffff:9.9.9.9]/x', 'http://9.9.9.9/x'],
    ['http://example.com./x', 'http://example.com/x'],
    ['http://example.com:8080/', 'http://example.com:8080/'],
    ['ftp://example.com/a', 'ftp://example.com/a'],
    ['http://user:secret@example.com/a', 'http://example.com/a'],
    ['http://example.com/%64r%6Fp?x=%2f%41', 'http://example.com/drop?x=%2FA'],
  ])('%s → %s', (text, value) => expect(canonicalUrl(text)?.value).toBe(value))
  it.each([
    'example.com/x',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'http://',
    'http:// x',
    'mailto:a@b.com',
    'http://?',
  ])('refuses %j', (text) => expect(canonicalUrl(text)).toBeUndefined())
  it('marks URLs of special-use hosts', () => {
    expect(canonicalUrl('http://192.168.1.1/x')?.special).toBe('private')
    expect(canonicalUrl('http://localhost:3000/')?.special).toBe('loopback')
    expect(canonicalUrl('http://9.9.9.9/')?.special).toBeUndefined()
  })
  it('gives the path prefixes on slash borders, longest first, itself left out', () => {
    expect(urlPrefixes('http://h.com/a/b?x=1')).toEqual([
      'http://h.com/a/b',
      'http://h.com/a/',
      'http://h.com/a',
      'http://h.com/',
    ])
    expect(urlPrefixes('http://h.com/')).toEqual([])
    expect(urlPrefixes('http://h.com/a/')).toEqual(['http://h.com/a', 'http://h.com/'])
  })
  it('bounds the number of prefixes of a hostile path', () => {
    expect(urlPrefixes(`http://h.com/${'a/'.repeat(3000)}`).length).toBeLessThanOrEqual(66)
  })
  it('names the host', () => {
    expect(urlHost('http://user:pw@example.com:8080/x')).toEqual({ type: 'domain', value: 'example.com' })
    expect(urlHost('http://9.9.9.9:81/x')).toEqual({ type: 'ipv4', value: '9.9.9.9' })
    expect(urlHost('https://[2606:4700::1]/')).toEqual({ type: 'ipv6', value: '2606:4700::1' })
  })
})

describe('e-mail addresses and digests', () => {
  it('folds the case of the whole address', () =>
    expect(canonicalEmail('John.Doe@EXAMPLE.com')).toEqual({
      value: 'john.doe@example.com',
      domain: 'example.com',
    }))
  it.each([
    'a@b',
    '@example.com',
    'a b@example.com',
    'a@',
    '.a@example.com',
    'a@exa mple.com',
    'x'.repeat(65) + '@example.com',
  ])('refuses %j', (text) => expect(canonicalEmail(text)).toBeUndefined())
  it('tells digests by their length', () => {
    const hex = '0123456789abcdef'.repeat(8)
    expect(
      [32, 40, 64, 128].map((length) => canonicalHash(hex.slice(0, length).toUpperCase())?.type),
    ).toEqual(['md5', 'sha1', 'sha256', 'sha512'])
    expect(canonicalHash(hex.slice(0, 33))).toBeUndefined()
    expect(canonicalHash('0'.repeat(32))).toBeUndefined()
    expect(canonicalHash('g'.repeat(32))).toBeUndefined()
  })
  it('knows the empty file', () => expect(isEmptyFileHash('d41d8cd98f00b204e9800998ecf8427e')).toBe(true))
})

describe('refang', () => {
  it.each([
    ['hxxps://evil[.]com/a', 'https://evil.com/a'],
    ['hxxp[://]evil(.)com', 'http://evil.com'],
    ['a[at]evil[dot]com', 'a@evil.com'],
    ['evil{.}com', 'evil.com'],
    ['9[.]9[.]9[.]9', '9.9.9.9'],
    ['plain [text] (here).', 'plain [text] (here).'],
  ])('%s → %s', (text, value) => expect(refang(text)).toBe(value))
})
