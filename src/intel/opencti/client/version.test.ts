import { expect, it } from 'vitest'
import { openCtiBaseUrl } from './base-url.ts'
import { isAtLeast, OLDEST, parseVersion } from './version.ts'

it.each([
  ['5.12.24', [5, 12, 24], true],
  ['5.12.23', [5, 12, 23], false],
  ['6.7.11', [6, 7, 11], true],
  ['7.260817.0', [7, 260_817, 0], true],
  ['7.260309.0-lts.2', [7, 260_309, 0], true],
  ['5.8', [5, 8, 0], false],
] as const)('reads %s', (text, version, fits) => {
  const parsed = parseVersion(text)
  expect(parsed).toEqual(version)
  expect(parsed && isAtLeast(parsed, OLDEST)).toBe(fits)
})

it.each(['', 'latest', 'x.y.z', '7'])('takes %j for no version', (text) => {
  expect(parseVersion(text)).toBeUndefined()
})

it.each([
  ['https://cti.example.org', 'https://cti.example.org'],
  ['https://cti.example.org/graphql', 'https://cti.example.org'],
  ['https://cti.example.org/base/GraphQL/', 'https://cti.example.org/base'],
  ['https://user:secret@cti.example.org/?token=1#x', 'https://cti.example.org'],
  ['no url', 'no url'],
])('makes of %s the base %s', (text, base) => {
  expect(openCtiBaseUrl(text)).toBe(base)
})
