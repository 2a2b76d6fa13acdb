import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalIp, ipBytes } from '../../canonical/ip.ts'
import { bitAt, readAddress } from './address-bits.ts'

describe('readAddress', () => {
  it('reads every canonical IPv6 address as the address library does', () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }))
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const ip = canonicalIp(groups.map((value) => value.toString(16)).join(':'))
        fc.pre(ip?.type === 'ipv6')
        const out = new Uint16Array(8).fill(0xaaaa)
        expect(readAddress('ipv6', ip?.value ?? '', out)).toBe(true)
        expect([...out].flatMap((value) => [value >> 8, value & 255])).toEqual(ipBytes(ip?.value ?? ''))
      }),
    )
  })

  it.each([
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    '1:2:3:4:5:6:7:8::',
    '1:2:3:4:5:6:7:8:',
    ':1:2:3:4:5:6:7:8',
    '1:::2',
  ])('refuses %j', (text) => {
    expect(readAddress('ipv6', text, new Uint16Array(8))).toBe(false)
  })

  it('reads IPv4 into the first two groups', () => {
    const out = new Uint16Array(8)
    expect(readAddress('ipv4', '203.0.113.9', out)).toBe(true)
    expect([out[0], out[1]]).toEqual([0xcb00, 0x7109])
    expect(readAddress('ipv4', '203.0.113', out)).toBe(false)
    expect([0, 1, 2, 31].map((bit) => bitAt(out, bit))).toEqual([1, 1, 0, 1])
  })
})
