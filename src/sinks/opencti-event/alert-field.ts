import type { Alert } from '../../core/alert.ts'
import { isRecord, type JsonObject } from '../../core/json.ts'

/** What stands at a dotted path of the alert, `data.win.eventdata.hashes`; undefined where there is nothing. */
export function fieldAt(alert: Alert, path: string): unknown {
  let value: unknown = alert.body
  for (const key of path.split('.')) {
    if (!isRecord(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value
}

/** Undefined for what is no text, and for an empty one. */
export function textAt(alert: Alert, path: string): string | undefined {
  const value = fieldAt(alert, path)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Empty where there is no object. */
export function objectAt(alert: Alert, path: string): JsonObject {
  const value = fieldAt(alert, path)
  return isRecord(value) ? value : {}
}
