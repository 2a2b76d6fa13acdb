import { stringify } from 'yaml'
import { formatDuration, formatSize } from '../core/units.ts'
import type { ScalarKind } from './shape.ts'

/** One value on one line of YAML; durations (ms) and sizes (bytes) with their unit. */
export function scalarText(value: unknown, scalar: ScalarKind): string {
  if (scalar === 'secret') return '"[REDACTED]"'
  if (typeof value === 'number' && scalar === 'duration') return formatDuration(value)
  if (typeof value === 'number' && scalar === 'size') return formatSize(value)
  return inline(value)
}

/** Any value on one line of YAML. */
export function inline(value: unknown): string {
  const text = stringify(value, {
    lineWidth: 0,
    collectionStyle: 'flow',
    flowCollectionPadding: false,
  }).trimEnd()
  return text.includes('\n') ? JSON.stringify(value) : text
}
