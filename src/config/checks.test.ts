import { expect, it } from 'vitest'
import { checkSettings } from './checks.ts'

it.each([
  ['all of the machine', { host: '0.0.0.0' }, 1],
  ['an address of others, and no port', { host: '192.0.2.1', enabled: true }, 1],
  ['a token beside it', { host: '0.0.0.0', token: 'secret' }, 0],
  ['nothing served', { host: '0.0.0.0', enabled: false }, 0],
  ['loopback', { host: '::1' }, 0],
  ['the default', {}, 0],
])('asks for a token where others can reach the status page: %s', (_what, http, findings) => {
  expect(checkSettings({ http })).toHaveLength(findings)
})
