import { canonicalNetwork, ipBytes } from './ip.ts'

/** Addresses that begin with the same bits; a single address is a network of full length. */
export interface Network {
  /** 4 or 16, in network order. */
  readonly bytes: readonly number[]
  /** Length of the prefix. */
  readonly bits: number
}

/** `203.0.113.0/24` or a single address, of either family; undefined when the text is neither. */
export function readNetwork(text: string): Network | undefined {
  const network = canonicalNetwork(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`)
  if (network === undefined) return undefined
  const [address = '', bits] = network.value.split('/')
  const bytes = ipBytes(address)
  return { bytes, bits: bits === undefined ? bytes.length * 8 : Number(bits) }
}

/** Whether every address of `inner` lies in `outer`. Networks of different families never do. */
export function coversNetwork(outer: Network, inner: Network): boolean {
  return inner.bits >= outer.bits && coversAddress(outer, inner.bytes)
}

/** Whether an address, as its bytes, lies in a network. */
export function coversAddress(network: Network, bytes: readonly number[]): boolean {
  if (network.bytes.length !== bytes.length) return false
  for (let bit = 0; bit < network.bits; bit += 8) {
    const mask = network.bits - bit >= 8 ? 0xff : (0xff << (8 - (network.bits - bit))) & 0xff
    const at = bit / 8
    if (((network.bytes[at] ?? 0) & mask) !== ((bytes[at] ?? 0) & mask)) return false
  }
  return true
}
