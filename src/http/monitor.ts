import { readStats, type Stats } from '../telemetry/stats.ts'
import type { Live } from './live.ts'
import type { Hello, Point } from './page/wire.ts'
import type { RecentMatches } from './recent.ts'
import { takeSnapshot, type SnapshotParts } from './snapshot.ts'

export interface MonitorParts extends SnapshotParts {
  readonly recent: RecentMatches
  readonly live: Live
  /** Brings metrics up to date that only time changes. */
  readonly refresh: () => Promise<void>
}

/** Watches the metrics for the charts, and tells the open pages. */
export interface Monitor {
  /** What a page is told first. */
  hello(): Promise<Hello>
  /** Until abort. */
  run(signal: AbortSignal): Promise<void>
}

const POINT_MS = 5000
/** An hour. */
const MAX_POINTS = 720
/** New matches are sent together, this often. */
const MATCHES_MS = 500

export function createMonitor(parts: MonitorParts): Monitor {
  const { telemetry, recent, live, refresh } = parts
  const { clock, metrics } = telemetry
  const points: Point[] = []
  let told = 0

  async function look(before: Looked): Promise<Looked> {
    await refresh()
    const stats = await readStats(metrics)
    const at = clock.monotonic()
    const point = pointOf(before, { stats, at }, clock.now())
    points.push(point)
    if (points.length > MAX_POINTS) points.shift()
    if (live.open() > 0) live.tick({ point, snapshot: await takeSnapshot(parts, stats) })
    return { stats, at }
  }

  function sendMatches(): void {
    const rows = recent.after(told)
    told = rows.at(-1)?.key ?? told
    if (rows.length > 0 && live.open() > 0) live.matches(rows)
  }

  return {
    hello: async () => {
      const stats = await readStats(metrics)
      const snapshot = await takeSnapshot(parts, stats)
      // What was not sent to the others yet, they get now, too: nothing is sent twice.
      sendMatches()
      return { points, snapshot, matches: recent.rows() }
    },
    run: async (signal) => {
      let last = { stats: await readStats(metrics), at: clock.monotonic() }
      points.push(pointOf(last, last, clock.now()))
      while (!signal.aborted) {
        await clock.sleep(MATCHES_MS, signal)
        if (signal.aborted) break
        sendMatches()
        if (clock.monotonic() - last.at >= POINT_MS) last = await look(last)
      }
    },
  }
}

interface Looked {
  readonly stats: Stats
  readonly at: number
}

function pointOf(before: Looked, { stats, at }: Looked, now: number): Point {
  const minutes = Math.max(1, at - before.at) / 60_000
  return {
    at: now,
    alertsPerMinute: (stats.processed - before.stats.processed) / minutes,
    matchesPerMinute: (stats.matches - before.stats.matches) / minutes,
    lagBytes: stats.lagBytes,
    lagSeconds: stats.lagSeconds,
  }
}
