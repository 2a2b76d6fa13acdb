import { expect, it } from 'vitest'
import { Secret } from '../secret.ts'
import { createTokenCheck } from './token.ts'

const tokens = [new Secret('first-token'), new Secret('second-token')]
const isAllowed = createTokenCheck({ tokens })

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`

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
  basic('anybody:first-token'),
  'Bearer first-toke',
  'Bearer first-token-and-more',
  'Bearer FIRST-TOKEN',
  'Bearer first-token second-token',
])('keeps out: %s', (header) => {
  expect(isAllowed(header)).toBe(false)
})

it.each([
  [basic('anybody:first-token'), true],
  [basic(':second-token'), true],
  ['Bearer first-token', true],
  [basic('first-token:'), false],
  [basic('anybody:first-toke'), false],
  ['Basic first-token', false],
  ['Basic', false],
])('with passwords of browsers, %s: %s', (header, expected) => {
  expect(createTokenCheck({ tokens, basic: true })(header)).toBe(expected)
})
