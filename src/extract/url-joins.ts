import { isRecord, type JsonObject } from '../core/json.ts'
import type { Collector } from './collector.ts'
import type { UrlJoin } from './fields.ts'
import { isRealHost } from './text-url.ts'

/** A join with its paths split, once. */
export interface SplitJoin {
  readonly join: UrlJoin
  readonly hostKeys: readonly string[]
  readonly pathKeys: readonly string[]
}

export function splitJoin(join: UrlJoin): SplitJoin {
  return { join, hostKeys: join.host.split('.'), pathKeys: join.path.split('.') }
}

/** Puts a URL together, where both of its fields are there. */
export function readJoin(body: JsonObject, { join, hostKeys, pathKeys }: SplitJoin, found: Collector): void {
  const host = textAt(body, hostKeys)
  const path = host === undefined ? undefined : textAt(body, pathKeys)
  if (host === undefined || path?.startsWith('/') !== true || /[\s/]/.test(host)) return
  const named = fieldAt(body, join.schemeField)?.toLowerCase()
  const scheme = named === 'http' || named === 'https' ? named : join.scheme
  const port = fieldAt(body, join.portField)
  const query = path.includes('?') ? undefined : fieldAt(body, join.queryField)
  const url = `${scheme}://${host}${port === undefined || host.includes(':') ? '' : `:${port}`}${path}${query === undefined ? '' : `?${query}`}`
  if (!isRealHost(url)) return
  found.url(url, join.path)
  found.url(url, join.host)
}

/** Undefined where the join names no such field, too. Ports are numbers in Wazuh 5. */
function fieldAt(body: JsonObject, path: string | undefined): string | undefined {
  const value = path === undefined ? undefined : valueAt(body, path.split('.'))
  return typeof value === 'number'
    ? String(value)
    : typeof value === 'string' && value !== ''
      ? value
      : undefined
}

export function textAt(body: JsonObject, path: readonly string[]): string | undefined {
  const value = valueAt(body, path)
  return typeof value === 'string' ? value : undefined
}

function valueAt(body: JsonObject, path: readonly string[]): unknown {
  let value: unknown = body
  for (const key of path) {
    if (!isRecord(value)) return undefined
    value = value[key]
  }
  return value
}
