import { isIP } from 'node:net'

/** `203.0.113.0/24`, `2001:db8::/32`. */
export function isNetwork(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/')
  const family = isIP(address)
  return (
    rest.length === 0 && family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
  )
}

/** Labels of letters (of any script), digits, hyphens and underscores; not an address, so not all digits at the end. */
export function isDomainName(text: string): boolean {
  if (text.length > MAX_NAME || isIP(text) !== 0) return false
  const labels = text.replace(/\.$/, '').split('.')
  return (
    labels.every((label) => LABEL.test(label) && label.length <= MAX_LABEL) &&
    !/^\d+$/.test(labels.at(-1) ?? '')
  )
}

/** RFC 1035 §2.3.4. */
const MAX_NAME = 253
const MAX_LABEL = 63
const LABEL = /^(?!-)[\p{L}\p{N}_-]+(?<!-)$/u

export type AllowKind = 'values' | 'networks' | 'domains'

/** Which list of `policy.allow` a text belongs to, by its form; undefined when it has none of the forms. */
export function allowKind(text: string): AllowKind | undefined {
  if (isNetwork(text)) return 'networks'
  if (isIP(text) !== 0 || text.includes('://') || /^[^\s@]+@[^\s@]+$/.test(text)) return 'values'
  if (/^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/i.test(text)) return 'values'
  return isDomainName(text) ? 'domains' : undefined
}
