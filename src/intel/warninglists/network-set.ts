import { canonicalIp, canonicalNetwork } from '../../canonical/ip.ts'
import { ADDRESS_BITS, bitAt, readAddress, type AddressFamily } from '../mirror/address-bits.ts'

/**
 * Networks of both families, which may cover addresses and narrower networks. Blocks of addresses either lie in each other or
 * have nothing in common, so the widest ones alone say everything, and a binary search finds the only one that can cover a
 * value. 5 bytes a block of IPv4, 17 of IPv6; a trie takes up to 32 nodes for a single address.
 */
export interface NetworkSet {
  /** An address or a network; false when the text is neither. */
  add(text: string): boolean
  /** Call it after the last `add`; nothing is covered before. */
  seal(): void
  /** Whether an entry is as wide as this canonical address or network, or wider, and holds it. */
  covers(family: AddressFamily, value: string): boolean
}

export function createNetworkSet(): NetworkSet {
  const blocks = { ipv4: createBlocks('ipv4'), ipv6: createBlocks('ipv6') }
  return {
    add: (text) => {
      const network = text.includes('/') ? canonicalNetwork(text) : canonicalIp(text)
      return network !== undefined && blocks[network.type].add(network.value)
    },
    seal: () => {
      blocks.ipv4.seal()
      blocks.ipv6.seal()
    },
    covers: (family, value) => blocks[family].covers(value),
  }
}

interface Blocks {
  add(value: string): boolean
  seal(): void
  covers(value: string): boolean
}

const FIRST_ROOM = 16

function createBlocks(family: AddressFamily): Blocks {
  const width = ADDRESS_BITS[family] / 16
  const asked = new Uint16Array(8)
  /** `width` groups a block, and its prefix length. */
  let groups = new Uint16Array(FIRST_ROOM * width)
  let lengths = new Uint8Array(FIRST_ROOM)
  let count = 0
  let sealed = 0

  /** Below 0 when block `index` starts before the address in `asked`. */
  function compareTo(index: number): number {
    for (let group = 0; group < width; group++) {
      const difference = (groups[index * width + group] ?? 0) - (asked[group] ?? 0)
      if (difference !== 0) return difference
    }
    return 0
  }

  function holdsAsked(index: number, bits: number): boolean {
    const length = lengths[index] ?? 0
    if (length > bits) return false
    const block = groups.subarray(index * width, (index + 1) * width)
    for (let bit = 0; bit < length; bit++) if (bitAt(block, bit) !== bitAt(asked, bit)) return false
    return true
  }

  return {
    add: (value) => {
      const bits = readValue(family, value, asked)
      if (bits === undefined) return false
      if (count === lengths.length) {
        groups = copied(groups, new Uint16Array(groups.length * 2))
        lengths = copied(lengths, new Uint8Array(count * 2))
      }
      groups.set(asked.subarray(0, width), count * width)
      lengths[count] = bits
      count += 1
      return true
    },
    seal: () => {
      const widest = widestBlocks({ groups, lengths, width }, count)
      groups = widest.groups
      lengths = widest.lengths
      count = sealed = lengths.length
    },
    covers: (value) => {
      const bits = sealed === 0 ? undefined : readValue(family, value, asked)
      if (bits === undefined) return false
      let low = 0
      let high = sealed
      while (low < high) {
        const middle = (low + high) >>> 1
        if (compareTo(middle) <= 0) low = middle + 1
        else high = middle
      }
      return low > 0 && holdsAsked(low - 1, bits)
    },
  }
}

interface Packed {
  readonly groups: Uint16Array<ArrayBuffer>
  readonly lengths: Uint8Array<ArrayBuffer>
  readonly width: number
}

/** The blocks that lie in no other one, in order of their addresses. */
function widestBlocks({ groups, lengths, width }: Packed, count: number): Packed {
  const order = Uint32Array.from({ length: count }, (_, index) => index).toSorted((a, b) => {
    for (let group = 0; group < width; group++) {
      const difference = (groups[a * width + group] ?? 0) - (groups[b * width + group] ?? 0)
      if (difference !== 0) return difference
    }
    return (lengths[a] ?? 0) - (lengths[b] ?? 0)
  })
  const kept: number[] = []
  for (const index of order) {
    const last = kept.at(-1)
    if (last === undefined || !isWithin({ groups, lengths, width }, index, last)) kept.push(index)
  }
  const packed = { groups: new Uint16Array(kept.length * width), lengths: new Uint8Array(kept.length), width }
  for (const [place, index] of kept.entries()) {
    packed.groups.set(groups.subarray(index * width, (index + 1) * width), place * width)
    packed.lengths[place] = lengths[index] ?? 0
  }
  return packed
}

function isWithin({ groups, lengths, width }: Packed, inner: number, outer: number): boolean {
  const a = groups.subarray(inner * width, (inner + 1) * width)
  const b = groups.subarray(outer * width, (outer + 1) * width)
  for (let bit = 0; bit < (lengths[outer] ?? 0); bit++) if (bitAt(a, bit) !== bitAt(b, bit)) return false
  return (lengths[outer] ?? 0) <= (lengths[inner] ?? 0)
}

/** Reads a canonical address or network and gives its prefix length; undefined when it is none of the family. */
function readValue(family: AddressFamily, value: string, out: Uint16Array): number | undefined {
  const slash = value.indexOf('/')
  const address = slash < 0 ? value : value.slice(0, slash)
  const bits = slash < 0 ? ADDRESS_BITS[family] : Number(value.slice(slash + 1))
  return readAddress(family, address, out) ? bits : undefined
}

function copied<Numbers extends Uint16Array | Uint8Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from)
  return to
}
