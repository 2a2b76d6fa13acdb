import { ipv4ToNumber } from '../../canonical/ip.ts'

export type AddressFamily = 'ipv4' | 'ipv6'

/** 16-bit groups of an address. */
export const ADDRESS_GROUPS = { ipv4: 2, ipv6: 8 } as const satisfies Record<AddressFamily, number>

export const ADDRESS_BITS = { ipv4: 32, ipv6: 128 } as const satisfies Record<AddressFamily, number>

/**
 * Writes a canonical address into `out` as 16-bit groups in network order (2 of IPv4, 8 of IPv6); false when the text
 * is none. Allocates nothing.
 */
export function readAddress(family: AddressFamily, text: string, out: Uint16Array): boolean {
  if (family === 'ipv6') return readIpv6(text, out)
  const number = ipv4ToNumber(text)
  if (number === undefined) return false
  out[0] = number >>> 16
  out[1] = number & 0xffff
  return true
}

/** Bit `index` of an address, counted from the first one on the wire. */
export function bitAt(groups: Uint16Array, index: number): 0 | 1 {
  return (((groups[index >> 4] ?? 0) >> (15 - (index & 15))) & 1) === 1 ? 1 : 0
}

/** RFC 5952 text: groups of one to four hex digits, at most one `::`, no IPv4 tail. */
function readIpv6(text: string, out: Uint16Array): boolean {
  let count = 0
  let gap = -1
  let group = -1
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code !== 58) {
      const digit = hexDigit(code)
      if (digit < 0 || group > 0xfff) return false
      group = group < 0 ? digit : group * 16 + digit
      continue
    }
    const double = text.charCodeAt(i + 1) === 58
    if (group < 0 && !double) return false
    if (group >= 0) {
      if (count > 7) return false
      out[count++] = group
      group = -1
    }
    if (!double) {
      if (i + 1 === text.length) return false
      continue
    }
    if (gap >= 0) return false
    gap = count
    i += 1
  }
  if (group >= 0) {
    if (count > 7) return false
    out[count++] = group
  }
  return gap < 0 ? count === 8 : fillGap(out, gap, count)
}

function fillGap(out: Uint16Array, gap: number, count: number): boolean {
  const missing = 8 - count
  out.copyWithin(gap + missing, gap, count)
  out.fill(0, gap, gap + missing)
  return missing > 0
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  return code >= 97 && code <= 102 ? code - 87 : -1
}
