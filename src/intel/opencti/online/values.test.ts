import { expect, it } from 'vitest'
import type { ObservableType } from '../../../core/observable.ts'
import { stixId } from './stix-id.ts'
import { lookupQuery, openCtiForms, weigh } from './values.ts'

const SHA256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f'

it.each<[ObservableType, string, string, readonly string[]]>([
  ['ipv4', '198.51.100.7', 'value', [`[ipv4-addr:value = '198.51.100.7']`]],
  [
    'domain',
    'evil.example',
    'value',
    [`[domain-name:value = 'evil.example']`, `[hostname:value = 'evil.example']`],
  ],
  ['email', `o'neil@evil.example`, 'value', [`[email-addr:value = 'o\\'neil@evil.example']`]],
  ['url', `http://evil.example/a'b`, 'value', [`[url:value = 'http://evil.example/a\\'b']`]],
  [
    'md5',
    '44d88612fea8a8f36de82e1278abb02f',
    'hashes.MD5',
    [`[file:hashes.MD5 = '44d88612fea8a8f36de82e1278abb02f']`],
  ],
  ['sha256', SHA256, 'hashes.SHA-256', [`[file:hashes.'SHA-256' = '${SHA256}']`]],
])('asks for a %s %s by %s and as OpenCTI writes its patterns', (type, value, key, patterns) => {
  const forms = openCtiForms({ type, value })
  expect(forms).toMatchObject({ key, values: [value], names: [value], patterns, ids: [] })
  expect(weigh({ type, value })).toBe(2 + patterns.length)
})

it.each<[ObservableType, string, string, string]>([
  ['ipv6', '2001:db8::1', '2001:0db8:0000:0000:0000:0000:0000:0001', 'ipv6-addr'],
  ['domain', 'xn--mnchen-bad-9db.example', 'münchen-bad.example', 'domain-name'],
  ['email', 'bob@xn--mnchen-bad-9db.example', 'bob@münchen-bad.example', 'email-addr'],
])('asks for a %s %s also as %s', (type, value, typed, object) => {
  const { values, names, patterns, ids } = openCtiForms({ type, value })
  expect(values).toEqual([value, typed])
  expect(names).toEqual([value, typed])
  expect(patterns).toEqual(
    expect.arrayContaining([`[${object}:value = '${value}']`, `[${object}:value = '${typed}']`]),
  )
  expect(ids).toEqual([])
  expect(weigh({ type, value })).toBe(4 + patterns.length)
})

it('asks once for an address that has no shorter form', () => {
  const value = '2001:1db8:1111:1111:1111:1111:1111:1111'
  expect(openCtiForms({ type: 'ipv6', value }).values).toEqual([value])
})

it('asks for a URL as people type it, too', () => {
  expect(openCtiForms({ type: 'url', value: 'https://evil.example/' }).values).toEqual([
    'https://evil.example/',
    'https://evil.example',
  ])
})

it('asks for what is too long to be compared by the ids that are computed of it', () => {
  const value = `http://evil.example/${'a'.repeat(600)}`
  const { values, names, patterns, ids } = openCtiForms({ type: 'url', value })
  expect([values, names, patterns]).toEqual([[], [], []])
  expect(ids).toEqual([
    stixId('url', 'value', value),
    stixId('indicator', 'pattern', `[url:value = '${value}']`),
  ])
  expect(weigh({ type: 'url', value })).toBe(6)
})

it('computes the ids that OpenCTI has', () => {
  // Of the example stream of 6.7.11.
  expect(stixId('indicator', 'pattern', `[ipv4-addr:value = '203.0.113.66']`)).toBe(
    'indicator--8752eb5f-8b58-519e-8f40-108705ece2be',
  )
})

it('puts the values of one key together', () => {
  const query = lookupQuery([
    { type: 'ipv4', value: '198.51.100.7' },
    { type: 'domain', value: 'evil.example' },
    { type: 'sha256', value: SHA256 },
  ])
  expect([...query.observables]).toEqual([
    ['value', ['198.51.100.7', 'evil.example']],
    ['hashes.SHA-256', [SHA256]],
  ])
})
