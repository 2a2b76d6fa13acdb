/** Number of letters to insert, delete, replace or swap with the neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[column - 2] ?? 0) + 1 : Infinity,
      )
    }
    before = last
    last = current
  }
  return last[b.length] ?? 0
}

/** `state_dir`, `state-dir` and `STATEDIR` are all `stateDir` to a person. */
function plain(text: string): string {
  return text.replaceAll(/[-_ ]/g, '').toLowerCase()
}

/** Longer words are no slips of the pen, and the comparison takes time in the square of the length. */
const MAX_LENGTH = 64

/** The name that was probably meant, or undefined when none is near: at most a third of its letters differ. */
export function nearest(text: string, names: Iterable<string>): string | undefined {
  if (text.length > MAX_LENGTH) return undefined
  let best: string | undefined
  let least = Infinity
  for (const name of names) {
    const steps = distance(plain(text), plain(name))
    const allowed = Math.max(1, Math.floor(Math.min(text.length, name.length) / 3))
    if (steps <= allowed && steps < least) [best, least] = [name, steps]
  }
  return best
}
