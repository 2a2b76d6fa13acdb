import { isRecord } from '../../src/core/json.ts'

/** The leaves of parsed JSON by their dotted path, as Wazuh counts and names them: a list is one leaf. */
export function leavesOf(value: unknown, path = ''): readonly (readonly [path: string, leaf: unknown])[] {
  if (!isRecord(value)) return [[path, value]]
  return Object.entries(value).flatMap(([key, child]) =>
    leavesOf(child, path === '' ? key : `${path}.${key}`),
  )
}

/** Paths of leaves that `theirs` has and `ours` has not, or not the same. */
export function missingLeaves(theirs: unknown, ours: unknown): readonly string[] {
  const known = new Map(leavesOf(ours).map(([path, leaf]) => [path, JSON.stringify(leaf)]))
  return leavesOf(theirs)
    .filter(([path, leaf]) => known.get(path) !== JSON.stringify(leaf))
    .map(([path]) => path)
}
