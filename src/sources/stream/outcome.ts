import type { LineSkip, SourceEvents } from '../../telemetry/events/source.ts'

/** What became of an input, so far. */
export interface StreamOutcome {
  readonly alerts: number
  /** Lines, and torn stretches of lines, that gave no alert; blank ones are not among them. */
  readonly skipped: ReadonlyMap<Exclude<LineSkip, 'blank'>, number>
  /** Byte offset (uncompressed) of the first of these. */
  readonly firstSkipped: number | undefined
  /** Byte offset (uncompressed) at which compressed data stopped making sense. */
  readonly brokenAt: number | undefined
}

/** Listens to the events of one input. */
export function observe(events: SourceEvents): { readonly events: SourceEvents; outcome(): StreamOutcome } {
  let alerts = 0
  const skipped = new Map<Exclude<LineSkip, 'blank'>, number>()
  let firstSkipped: number | undefined
  let brokenAt: number | undefined
  return {
    outcome: () => ({ alerts, skipped, firstSkipped, brokenAt }),
    events: {
      ...events,
      read: (count, bytes) => {
        alerts += count
        events.read(count, bytes)
      },
      skipped: (reason, place) => {
        if (reason !== 'blank') {
          skipped.set(reason, (skipped.get(reason) ?? 0) + 1)
          firstSkipped ??= place.offset
        }
        events.skipped(reason, place)
      },
      broken: (place, error) => {
        brokenAt ??= place.offset
        events.broken(place, error)
      },
    },
  }
}
