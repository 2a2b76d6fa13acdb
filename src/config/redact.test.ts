import { expect, it } from 'vitest'
import { holdsSecret, redact, redactLine, shown } from './redact.ts'

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
  expect(holdsSecret(line)).toBe(true)
})

it.each(['apiKeyFile: /run/secrets/misp', 'files: [/var/log/a.json]', 'apiKey:', '# a comment'])(
  'finds no secret in %s',
  (line) => {
    expect(holdsSecret(line)).toBe(false)
  },
)

it.each(['apiKeyFile: /run/secrets/misp', 'files: [/var/log/a.json]', 'apiKey:', '# a comment'])(
  'leaves %s as it is',
  (line) => {
    expect(redact(line)).toBe(line)
  },
)

it('hides what looks like a key behind a mistyped word, and leaves paths, names and addresses', () => {
  expect(redactLine('{ type: misp, apiKye: PLANTED10a17e5935fcb8f547a76 }')).toBe(
    '{ type: misp, apiKye: [REDACTED] }',
  )
  const line = 'url: https://misp-1.a-very-long-name-of-a-host.example.net/path-of-many-letters-1'
  expect(redactLine(line)).toBe(line)
})

it('shows values short and without control characters', () => {
  expect(shown('\u001B[31mred')).toBe('"\u{FFFD}[31mred"')
  expect(shown('x'.repeat(1000)).length).toBeLessThan(100)
})
