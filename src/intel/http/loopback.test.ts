import { expect, it } from 'vitest'
import { isLoopback } from './loopback.ts'

it.each([
  ['http://localhost', true],
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
