import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalNetwork } from '../../canonical/ip.ts'
import { createNetworkSet } from './network-set.ts'

function setOf(...texts: readonly string[]) {
  const set = createNetworkSet()
  const refused = texts.filter((text) => !set.add(text))
  set.seal()
  return { set, refused }
}

describe('network set', () => {
  // `10.1.0.0/16` and `10.0.0.0/7`: warninglists__checkValue_cidr.
  it.each<[string, boolean]>([
    ['10.0.0.0', true],
    ['10.255.255.255', true],
    ['11.0.0.0', false],
    ['9.255.255.255', false],
    ['10.1.0.0/16', true],
    ['10.0.0.0/8', true],
    ['10.0.0.0/7', false],
    ['8.0.0.0/5', false],
    ['192.0.2.1', true],
    ['192.0.2.2', false],
    ['192.0.2.0/31', false],
    ['not an address', false],
  ])('IPv4 %s: %s', (value, expected) => {
    expect(setOf('10.0.0.0/8', '10.3.0.0/16', '192.0.2.1').set.covers('ipv4', value)).toBe(expected)
  })

  it.each<[string, boolean]>([
    ['fe80::1', true],
    ['febf:ffff::1', true],
    ['fec0::1', false],
    ['fe80::/10', true],
    ['fe80::/9', false],
    ['2001:db8::53', true],
    ['2001:db8::54', false],
  ])('IPv6 %s: %s', (value, expected) => {
    expect(setOf('FE80::/10', '2001:0DB8:0::53', '10.0.0.0/8').set.covers('ipv6', value)).toBe(expected)
  })

  it('makes one of two neighbours of no network wider than either', () => {
    const { set } = setOf('10.0.0.0/9', '10.128.0.0/9')
    expect(set.covers('ipv4', '10.128.0.1')).toBe(true)
    expect(set.covers('ipv4', '10.0.0.0/8')).toBe(false)
  })

  it('covers everything with a network of length 0', () => {
    expect(setOf('0.0.0.0/0', '1.2.3.4').set.covers('ipv4', '203.0.113.0/24')).toBe(true)
    expect(setOf('0.0.0.0/0').set.covers('ipv6', '2001:db8::1')).toBe(false)
  })

  it('refuses what is no address and no network', () => {
    const { set, refused } = setOf('10.0.0.0/33', '10.0.0.0/255.0.0.0', 'example.com', '', '10.0.0.1')
    expect(refused).toEqual(['10.0.0.0/33', '10.0.0.0/255.0.0.0', 'example.com', ''])
    expect(set.covers('ipv4', '10.0.0.1')).toBe(true)
  })

  it('covers nothing when it is empty', () => {
    expect(setOf().set.covers('ipv4', '10.0.0.1')).toBe(false)
  })

  it('agrees with a comparison of every network with every value', () => {
    const network = fc
      .tuple(
        fc.integer({ min: 0, max: 7 }),
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 4, max: 32 }),
      )
      .map(([a, b, bits]) => canonicalNetwork(`${a}.0.${b}.${b}/${bits}`)?.value ?? '')
    fc.assert(
      fc.property(fc.array(network, { maxLength: 40 }), fc.array(network), (added, asked) => {
        const { set } = setOf(...added)
        for (const value of [...added, ...asked])
          expect(set.covers('ipv4', value)).toBe(added.some((each) => isAsWide(each, value)))
      }),
    )
  })
})

function isAsWide(network: string, value: string): boolean {
  const [address = '', bits = '32'] = network.split('/')
  const [inner = '', innerBits = '32'] = value.split('/')
  if (Number(bits) > Number(innerBits)) return false
  return canonicalNetwork(`${inner}/${bits}`)?.value === canonicalNetwork(`${address}/${bits}`)?.value
}
