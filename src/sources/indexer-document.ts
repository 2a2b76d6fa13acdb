import { isRecord, type JsonObject } from '../core/json.ts'
import { isWazuh5 } from '../core/wazuh5.ts'

/** The alert in a document as the indexer has it, `{_index, _id, _source: {…the alert…}}`; undefined for what is no such document. */
export function sourceOf(value: JsonObject): JsonObject | undefined {
  const source = value['_source']
  return isRecord(source) && typeof value['_index'] === 'string' ? source : undefined
}

/**
 * A document without what differs from search to search, its score and place: alerts are compared by their text. One of Wazuh 5
 * keeps its wrapper, as without `_id` nothing in it may say which one it is. What is no document is given back.
 */
export function withoutSearch(value: JsonObject): JsonObject {
  const source = sourceOf(value)
  if (source === undefined) return value
  return isWazuh5(source) ? { _index: value['_index'], _id: value['_id'], _source: source } : source
}
