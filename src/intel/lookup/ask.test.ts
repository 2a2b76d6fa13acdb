import { expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { lookupError } from './ask.ts'

it('keeps an error of ours as it is and makes INTERNAL of any other', () => {
  const own = new AppError('PROVIDER_REFUSED', 'The key is unknown')
  const other = new TypeError('x is not a function')
  expect(lookupError(own)).toBe(own)
  expect(lookupError(other)).toMatchObject({ code: 'INTERNAL', cause: other })
  expect(lookupError('text')).toMatchObject({ code: 'INTERNAL' })
})
