/**
 * Label sets of one metric: far more than components and reasons there are. A label that took its values from alerts would fill the
 * memory of Tripline, and of whoever scrapes it.
 */
export const MAX_LABEL_SETS = 1000

type Labels = Readonly<Record<string, string>>

/** Gives labels as they are, up to a bound for each metric; beyond it `other` for each of them: no count is lost. */
export function createLabelSets(): (metric: string, labels: Labels | undefined) => Labels {
  const known = new Map<string, Set<string>>()
  return (metric, labels) => {
    if (labels === undefined) return {}
    const sets = known.get(metric) ?? new Set()
    known.set(metric, sets)
    const key = Object.values(labels).join('\0')
    if (sets.has(key)) return { ...labels }
    if (sets.size < MAX_LABEL_SETS) {
      sets.add(key)
      return { ...labels }
    }
    return Object.fromEntries(Object.keys(labels).map((label) => [label, 'other']))
  }
}
