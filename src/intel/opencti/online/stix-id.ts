import { createHash } from 'node:crypto'

/** The name space of OpenCTI's deterministic ids, and of STIX 2.1 §2.9 for observables. */
const NAMESPACE = Buffer.from('00abedb4aa42466c9c01fed23315a9b7', 'hex')

/**
 * OpenCTI's id of an object that has one identifying property: UUID version 5 over its JSON (RFC 9562; for one property of text
 * that is what RFC 8785 gives). `indicator` by `pattern`, the observables by `value`.
 */
export function stixId(type: string, property: 'value' | 'pattern', text: string): string {
  const hash = createHash('sha1')
    .update(NAMESPACE)
    .update(JSON.stringify({ [property]: text }))
    .digest()
  const bytes = hash.subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
  return `${type}--${uuid.join('-')}`
}
