import type { Alert } from '../../core/alert.ts'
import { DISPATCH, type DispatchRow } from './dispatch-table.ts'
import type { LookedUp } from './dispatch-values.ts'
import { patternsOf } from './stix-text.ts'

/** What OpenCTI is asked for. */
export interface Query {
  /** The filter key: `value`, or `hashes.` and the algorithm. */
  readonly key: string
  readonly values: readonly string[]
  /** Of the indicators with exactly one of these values. */
  readonly patterns: readonly string[]
}

/** Rule groups of one alert that are looked at. */
const MAX_GROUPS = 200

/** What `custom-opencti` would have looked up for an alert; undefined where it would have asked nothing. */
export function dispatch(alert: Alert): Query | undefined {
  const groups = alert.groups.slice(0, MAX_GROUPS)
  const found = DISPATCH.find((row) => applies(row, groups))?.read(alert)
  return found === undefined || found.length === 0 ? undefined : queryOf(found)
}

export function queryOf(found: readonly LookedUp[]): Query {
  const isHash = found.some(({ type }) => type === 'sha256')
  return {
    key: isHash ? SHA256_KEY : 'value',
    values: found.map(({ value }) => value),
    patterns: found.flatMap(({ type, value }) => patternsOf(type, value)),
  }
}

/** As the script spells it, which OpenCTI itself has refused since 6.4: dashboards know it so. */
const SHA256_KEY = 'hashes.SHA256'

function applies({ group, and = group }: DispatchRow, groups: readonly string[]): boolean {
  return groups.some((name) => group.test(name)) && groups.some((name) => and.test(name))
}
