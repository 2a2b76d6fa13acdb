import { indicatorValues } from '../../canonical/indicator-value.ts'
import type { Match } from '../../core/match.ts'
import type { Observable } from '../../core/observable.ts'
import { leafText } from '../wazuh-leaf.ts'
import type { Fields } from '../wazuh-line.ts'
import { VALUE } from '../wazuh-own.ts'
import { dispatch, queryOf, type Query } from './dispatch.ts'

/** Filter keys of OpenCTI by type; the rest is found by `value`. */
const HASH_KEYS: Readonly<Record<string, string>> = {
  md5: 'hashes.MD5',
  sha1: 'hashes.SHA-1',
  sha512: 'hashes.SHA-512',
}

/**
 * `query_key` and `query_values`: what the script would have asked, when what matched is part of it; else what matched, which it
 * would not have asked for.
 */
export function queryFields({ alert, observable }: Match, kind: 'patterns' | 'values'): Fields {
  const asked = dispatch(alert)
  const query =
    asked?.values.some((value) => isSame(value, observable)) === true ? asked : ownQuery(observable)
  return {
    'opencti.query_key': query.key,
    'opencti.query_values': leafText(query[kind].join(';'), VALUE),
  }
}

function ownQuery({ type, value }: Observable): Query {
  const query = queryOf([{ type, value }])
  return { ...query, key: HASH_KEYS[type] ?? query.key }
}

function isSame(text: string, { type, value }: Observable): boolean {
  return (
    text.toLowerCase() === value || indicatorValues(text, type).some((canonical) => canonical.value === value)
  )
}
