import { expect, it } from 'vitest'
import { mispBaseUrl } from './base-url.ts'

it.each([
  ['https://misp.example.org', 'https://misp.example.org'],
  ['https://misp.example.org/', 'https://misp.example.org'],
  [' https://misp.example.org:8443// ', 'https://misp.example.org:8443'],
  ['https://misp.example.org/attributes/restSearch/', 'https://misp.example.org'],
  ['https://misp.example.org/attributes/restSearch', 'https://misp.example.org'],
  ['https://misp.example.org//attributes/restsearch.json', 'https://misp.example.org'],
  ['https://example.org/misp', 'https://example.org/misp'],
  ['https://example.org/misp/', 'https://example.org/misp'],
  ['https://example.org/a/misp/attributes/restSearch/', 'https://example.org/a/misp'],
  ['https://user:secret@example.org/misp?key=secret#secret', 'https://example.org/misp'],
  ['http://[2001:db8::1]/', 'http://[2001:db8::1]'],
  ['nonsense', 'nonsense'],
])('%s becomes %s', (text, base) => {
  expect(mispBaseUrl(text)).toBe(base)
  expect(mispBaseUrl(base)).toBe(base)
})
