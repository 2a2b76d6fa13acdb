import { openCopy, type MispMirrorOptions } from './copy.ts'

export interface OnceProgress {
  /** Events done with, and all to fetch. */
  readonly done: number
  readonly total: number
  /** In the copy now. */
  readonly indicators: number
}

export interface OnceSummary {
  readonly events: number
  readonly indicators: number
  readonly fetched: number
  readonly removed: number
  /** Events left out because of `maxIndicators`. */
  readonly leftOut: number
  /** Events that could not be fetched. */
  readonly skipped: number
}

/**
 * Compares all events with the copy on the disk and fetches what is different. Rejects with what the client threw, or with
 * STATE_UNWRITABLE; what was fetched until then is kept.
 */
export async function syncOnce(
  options: MispMirrorOptions,
  onProgress: (progress: OnceProgress) => void,
  signal: AbortSignal,
): Promise<OnceSummary> {
  const copy = await openCopy(options, () => undefined)
  const { snapshot } = copy
  try {
    let fetched = 0
    let removed = 0
    for await (const step of copy.round('reconcile', signal)) {
      fetched += step.replaced.length
      removed += step.removed.length
      onProgress({ done: step.done, total: step.total, indicators: snapshot.indicators })
    }
    const { leftOut, skipped } = copy.note()
    const { units, indicators } = snapshot
    return { events: units.size, indicators, fetched, removed, leftOut, skipped }
  } finally {
    await copy.close()
  }
}
