import { expect, it } from 'vitest'
import { Secret } from '../../core/secret.ts'
import { createTokenCheck } from './token.ts'

const isAllowed = createTokenCheck([new Secret('first-token'), new Secret('second-token')])

it.each(['Bearer first-token', 'Bearer second-token', 'bearer first-token', 'Bearer   first-token '])(
  'lets in: %s',
  (header) => {
    expect(isAllowed(header)).toBe(true)
  },
)

it.each([
  undefined,
  '',
  'Bearer',
  'Bearer ',
  'first-token',
  'Basic first-token',
  'Bearer first-toke',
  'Bearer first-token-and-more',
  'Bearer FIRST-TOKEN',
  'Bearer first-token second-token',
])('keeps out: %s', (header) => {
  expect(isAllowed(header)).toBe(false)
})
