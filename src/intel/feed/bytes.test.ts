import { expect, it } from 'vitest'
import { feedError } from './bytes.ts'

const HINT = 'Let the user that Tripline runs as read it and enter the folders above it.'

it.each([
  ['EACCES', { code: 'FEED_UNREADABLE', message: 'The feed cannot be read: EACCES', hint: HINT }],
  ['EIO', { code: 'FEED_UNREADABLE', message: 'The feed cannot be read: EIO', hint: undefined }],
  ['Z_DATA_ERROR', { code: 'FEED_MALFORMED', message: 'The gzip data is damaged: thrown', hint: undefined }],
])('%s is told', (code, told) => {
  expect(feedError(Object.assign(new Error('thrown'), { code }))).toMatchObject(told)
})
