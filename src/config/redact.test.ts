import { expect, it } from 'vitest'
import { redact, shown } from './redact.ts'

it.each([
  'apiKey: PLANTED',
  'apikey: PLANTED # comment',
  '  - api_key:   "PLANTED"',
  "'apiKey': PLANTED",
  '{type: misp, apiKey: PLANTED, url: x}',
  'apiKey:PLANTED',
  'auth_token=PLANTED',
  'password: [PLANTED, x]',
  'https://user:PLANTED@misp.example.org/',
  'https://PLANTED@misp.example.org/',
])('hides the secret in %s', (line) => {
  expect(redact(line)).toContain('[REDACTED]')
  expect(redact(line)).not.toContain('PLANTED')
})

it.each(['apiKeyFile: /run/secrets/misp', 'files: [/var/log/a.json]', 'apiKey:', '# a comment'])(
  'leaves %s as it is',
  (line) => {
    expect(redact(line)).toBe(line)
  },
)

it('shows values short and without control characters', () => {
  expect(shown('\u001B[31mred')).toBe('"\u{FFFD}[31mred"')
  expect(shown('x'.repeat(1000)).length).toBeLessThan(100)
})
