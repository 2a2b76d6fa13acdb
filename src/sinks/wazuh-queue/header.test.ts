import { describe, expect, it } from 'vitest'
import { sampleAlert } from '../../../test/support/sink-samples.ts'
import { datagramHeader } from './header.ts'

function headerFor(agent: { id?: string; name?: string; ip?: unknown }, location = 'misp'): string {
  const { id = '007', name = 'web-07', ip } = agent
  return datagramHeader(sampleAlert({ agent: { id, name }, body: { agent: { id, name, ip } } }), location)
}

it('names the agent of the alert and its address', () => {
  expect(headerFor({ ip: '10.0.0.7' })).toBe('1:[007] (web-07) 10.0.0.7->misp:')
  expect(headerFor({ id: '1042', name: 'big id' })).toBe('1:[1042] (big id) any->misp:')
})

it('escapes what would end the location, in it alone', () => {
  expect(headerFor({ ip: '2001:db8::15' })).toBe('1:[007] (web-07) 2001|:db8|:|:15->misp:')
  expect(headerFor({ name: 'a|b:c', ip: '10.0.0.7' })).toBe('1:[007] (a||b|:c) 10.0.0.7->misp:')
  expect(datagramHeader(undefined, 'C:\\x|')).toBe('1:C|:\\x||:')
})

describe('the manager has the event', () => {
  it('when the alert is its own, or there is none', () => {
    expect(headerFor({ id: '000', name: 'vm' })).toBe('1:misp:')
    expect(headerFor({ id: '', name: '' })).toBe('1:misp:')
    expect(datagramHeader(undefined, 'tripline')).toBe('1:tripline:')
  })

  it.each(['', 'we)b', 'we(b', 'we->b', 'we\nb', 'we\u0000b', 'we\u0085b', 'n'.repeat(257)])(
    'when a name could be read in two ways: %j',
    (name) => {
      expect(headerFor({ name })).toBe('1:misp:')
    },
  )

  it.each(['7', '07', 'abc', '', '007] (x) any->y', '1'.repeat(11)])('when the id is no id: %j', (id) => {
    expect(headerFor({ id })).toBe('1:misp:')
  })
})

it.each([
  'any',
  'not-an-ip',
  '10.1.2.3/24',
  '10.1.2.3:514',
  '10.0.0.7->x',
  'fe80::1%eth0',
  7,
  null,
  undefined,
])('gives no address that is none: %j', (ip) => {
  expect(headerFor({ ip })).toBe('1:[007] (web-07) any->misp:')
})
