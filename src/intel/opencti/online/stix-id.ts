import { uuidV5 } from '../../../core/uuid.ts'

/** The name space of OpenCTI's deterministic ids, and of STIX 2.1 §2.9 for observables. */
const NAMESPACE = '00abedb4-aa42-466c-9c01-fed23315a9b7'

/**
 * OpenCTI's id of an object that has one identifying property: UUID version 5 over its JSON (for one property of text
 * that is what RFC 8785 gives). `indicator` by `pattern`, the observables by `value`.
 */
export function stixId(type: string, property: 'value' | 'pattern', text: string): string {
  return `${type}--${uuidV5(NAMESPACE, JSON.stringify({ [property]: text }))}`
}
