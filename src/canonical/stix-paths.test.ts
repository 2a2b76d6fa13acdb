import { describe, expect, it } from 'vitest'
import { hintOfPath, isFolded, isToldPath } from './stix-paths.ts'

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

it.each([
  ['url:value', true, false],
  ['file:name', true, true],
  ['email-message:subject', true, false],
  ['file:x', false, false],
  ['__proto__', false, false],
  ['toString', false, false],
])('%s is told by alerts: %s; compared without case: %s', (path, isTold, folded) => {
  expect([isToldPath(path), isFolded(path)]).toEqual([isTold, folded])
})
