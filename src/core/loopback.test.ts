import { expect, it } from 'vitest'
import { isLoopback } from './loopback.ts'

it.each([
  ['http://localhost', true],
  ['http://LOCALHOST', true],
  ['http://a.misp.localhost', true],
  ['http://notlocalhost', false],
  ['http://[::ffff:10.0.0.1]', false],
  ['http://0.0.0.0', false],
  ['http://misp.localhost', true],
  ['http://127.0.0.1:8080', true],
  ['http://127.9.9.9', true],
  ['http://[::1]/misp', true],
  ['http://localhost.example.org', false],
  ['http://127.0.0.1.example.org', false],
  ['http://10.0.0.1', false],
  ['http://[::2]', false],
])('%s: %s', (url, expected) => {
  expect(isLoopback(new URL(url).hostname)).toBe(expected)
})

it.each([
  ['::1', true],
  ['127.0.0.1', true],
  ['::', false],
  ['0.0.0.0', false],
  ['192.0.2.1', false],
  ['', false],
  ['localhost:8480', false],
  ['[::1', false],
])('an address to listen on, %s: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected)
})
