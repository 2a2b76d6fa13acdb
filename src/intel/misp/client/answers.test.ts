import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../../core/errors.ts'
import { readAnswer } from './answers.ts'

const JSON_TYPE = { 'content-type': 'application/json; charset=UTF-8' }
const HTML_TYPE = { 'content-type': 'text/html; charset=UTF-8' }

function failure(status: number, headers: Record<string, string>, body: string): AppError {
  try {
    readAnswer({ status, headers, body, ms: 1 })
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  return expect.fail('it was taken for a good answer')
}

function said(message: string): string {
  return JSON.stringify({ name: message, message, url: '/attributes/restSearch' })
}

describe('readAnswer', () => {
  it('gives the JSON of a good answer, whatever its type says', () => {
    expect(readAnswer({ status: 200, headers: HTML_TYPE, body: '{"a":1}\n', ms: 1 })).toEqual({ a: 1 })
    expect(readAnswer({ status: 200, headers: {}, body: '[]', ms: 1 })).toEqual([])
  })

  it.each<[status: number, message: string, code: string, words: string]>([
    [
      403,
      'Authentication failed. Please make sure you pass the API key of …',
      'PROVIDER_REFUSED',
      'refuses the key',
    ],
    [403, 'Authentication failed. Your user account has been disabled.', 'PROVIDER_REFUSED', 'disabled'],
    [403, 'It is not possible to use this Auth key from your IP address', 'PROVIDER_REFUSED', 'address'],
    [403, 'Auth key is expired', 'PROVIDER_REFUSED', 'has expired'],
    [403, 'You do not have permission to use this functionality.', 'PROVIDER_REFUSED', 'lacks the right'],
    [405, 'API searches are not allowed for this user role.', 'PROVIDER_REFUSED', 'no searches'],
    [403, 'Something else', 'PROVIDER_REFUSED', '403'],
    [404, 'Not Found', 'PROVIDER_UNSUPPORTED', '404'],
    [405, 'Invalid JSON input.', 'PROVIDER_UNSUPPORTED', '405'],
    [500, 'An Internal Error Has Occurred.', 'PROVIDER_OVERLOADED', '500'],
  ])('%i «%s» is %s', (status, message, code, words) => {
    const error = failure(status, JSON_TYPE, said(message))
    expect(error.code).toBe(code)
    expect(error.message).toContain(words)
    expect(error.hint).toBeDefined()
  })

  it.each<[status: number, code: string]>([
    [401, 'PROVIDER_REFUSED'],
    [403, 'PROVIDER_REFUSED'],
    [404, 'PROVIDER_UNSUPPORTED'],
    [413, 'PROVIDER_OVERLOADED'],
    [418, 'PROVIDER_UNSUPPORTED'],
    [502, 'PROVIDER_UNREACHABLE'],
    [503, 'PROVIDER_UNREACHABLE'],
    [504, 'PROVIDER_UNREACHABLE'],
    [507, 'PROVIDER_OVERLOADED'],
  ])('a page with status %i is %s', (status, code) => {
    expect(failure(status, HTML_TYPE, '<html>…').code).toBe(code)
  })

  it('shows nothing of what the server says: it may repeat the key', () => {
    for (const status of [400, 403, 404, 500]) {
      const error = failure(status, JSON_TYPE, said('PLANTED'))
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('PLANTED')
    }
  })

  it.each<[location: string | undefined, code: string, words: string]>([
    ['https://misp.example.org/users/login', 'PROVIDER_UNREACHABLE', 'maintenance'],
    [undefined, 'PROVIDER_UNREACHABLE', 'maintenance'],
    [
      'https://misp.example.org/servers/getVersion?token=PLANTED',
      'PROVIDER_UNSUPPORTED',
      'https://misp.example.org/servers',
    ],
    ['/misp/', 'PROVIDER_UNSUPPORTED', 'another path'],
  ])('a redirect to %s is %s', (location, code, words) => {
    const error = failure(302, location === undefined ? {} : { location }, '')
    expect(error.code).toBe(code)
    expect(error.message).toContain(words)
    expect(error.message).not.toContain('PLANTED')
  })

  it.each<[headers: Record<string, string>, retryAfterMs: number]>([
    [{ 'x-rate-limit-limit': '20', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '877' }, 877_000],
    [{ 'retry-after': '5' }, 5000],
    [{ 'retry-after': 'Sat, 21 Nov 2026 21:08:55 GMT', date: 'Sat, 21 Nov 2026 21:08:50 GMT' }, 5000],
    [{ 'retry-after': 'Sat, 21 Nov 2026 21:08:55 GMT', date: 'Sat, 21 Nov 2026 22:08:50 GMT' }, 0],
    [{ 'retry-after': '99999999' }, 3_600_000],
    [{ 'retry-after': 'soon' }, 60_000],
    [{}, 60_000],
  ])('429 with %o waits %i ms', (headers, retryAfterMs) => {
    expect(failure(429, headers, said('Rate limit exceeded.'))).toMatchObject({
      code: 'PROVIDER_THROTTLED',
      retryability: 'throttled',
      retryAfterMs,
    })
  })

  it('keeps the wish of a 503', () => {
    expect(failure(503, { 'retry-after': '30' }, '').retryAfterMs).toBe(30_000)
  })

  it.each<[name: string, headers: Record<string, string>, body: string, code: string]>([
    ['a web page', HTML_TYPE, '<!DOCTYPE html>\n<html>', 'PROVIDER_UNSUPPORTED'],
    ['a web page that says it is JSON', JSON_TYPE, '\n<html>', 'PROVIDER_UNSUPPORTED'],
    ['JSON that ends early', JSON_TYPE, '{"response": {"Attribute": [{"id":"1"', 'PROVIDER_MALFORMED'],
    ['nothing', JSON_TYPE, '', 'PROVIDER_MALFORMED'],
    ['XML', { 'content-type': 'application/xml' }, '<?xml version="1.0"?>', 'PROVIDER_MALFORMED'],
  ])('200 with %s is no answer', (_name, headers, body, code) => {
    expect(failure(200, headers, body).code).toBe(code)
  })
})
