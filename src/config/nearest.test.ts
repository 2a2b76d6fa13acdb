import { expect, it } from 'vitest'
import { nearest } from './nearest.ts'

const KEYS = ['files', 'startAt', 'stateDir', 'pollInterval', 'maxLineBytes', 'db']

it.each([
  ['file', 'files'],
  ['flies', 'files'],
  ['start_at', 'startAt'],
  ['STATE-DIR', 'stateDir'],
  ['polInterval', 'pollInterval'],
  ['maxLinesByte', 'maxLineBytes'],
  ['bd', 'db'],
])('takes %s for %s', (text, meant) => {
  expect(nearest(text, KEYS)).toBe(meant)
})

it.each(['', 'zzz', 'interval', 'x'.repeat(10_000)])('has no idea what %s means', (text) => {
  expect(nearest(text, KEYS)).toBeUndefined()
})
