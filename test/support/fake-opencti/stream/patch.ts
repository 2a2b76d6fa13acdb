import type { StixObject } from './stix.ts'

/** One step of RFC 6902. */
export interface PatchStep {
  readonly op: 'add' | 'replace' | 'remove'
  readonly path: string
  readonly value?: unknown
}

/** What makes `to` of `from`; lists are replaced whole. */
export function patchBetween(from: StixObject, to: StixObject, path = ''): readonly PatchStep[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted()
  return names.flatMap((name): readonly PatchStep[] => {
    const [before, after] = [from[name], to[name]]
    const at = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (JSON.stringify(before) === JSON.stringify(after)) return []
    if (after === undefined) return [{ op: 'remove', path: at }]
    if (before === undefined) return [{ op: 'add', path: at, value: after }]
    return isObject(before) && isObject(after)
      ? patchBetween(before, after, at)
      : [{ op: 'replace', path: at, value: after }]
  })
}

function isObject(value: unknown): value is StixObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
