import { expect, it } from 'vitest'
import { AppError, type ErrorCode } from '../../../core/errors.ts'
import { reachChecks } from './reach.ts'

const secure = { url: 'https://misp.example.net', tlsVerify: true }

function told(code: ErrorCode | undefined, config = secure): string {
  const error = code === undefined ? undefined : new AppError(code, 'The text')
  return reachChecks(config, error)
    .map(({ status }) => status)
    .join(' ')
}

it.each<[ErrorCode | undefined, string]>([
  [undefined, 'passed passed passed passed'],
  ['PROVIDER_UNREACHABLE', 'failed skipped skipped skipped'],
  ['PROVIDER_OVERLOADED', 'failed skipped skipped skipped'],
  ['PROVIDER_THROTTLED', 'failed skipped skipped skipped'],
  ['PROVIDER_UNTRUSTED', 'passed failed skipped skipped'],
  ['PROVIDER_REFUSED', 'passed passed failed skipped'],
  ['PROVIDER_UNSUPPORTED', 'passed passed skipped failed'],
  ['PROVIDER_MALFORMED', 'passed passed skipped failed'],
])('%s is told at the check it belongs to (reach, tls, authentication, version)', (code, statuses) => {
  expect(told(code)).toBe(statuses)
})

it('does not pass TLS that is not there, or not verified', () => {
  expect(told(undefined, { ...secure, url: 'http://misp.example.net' })).toBe('passed skipped passed passed')
  expect(told(undefined, { ...secure, tlsVerify: false })).toBe('passed skipped passed passed')
})

it('says what failed with the sentence and the code of the error', () => {
  const [first] = reachChecks(secure, new AppError('PROVIDER_UNREACHABLE', 'The text'))
  expect(first?.reason).toBe('The text (PROVIDER_UNREACHABLE)')
})
