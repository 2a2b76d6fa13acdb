import { garbageCollector } from '../core/collect-garbage.ts'
import { statusEvents } from '../telemetry/events/status.ts'
import { createHealth, type Health } from '../telemetry/health.ts'
import { logStats } from '../telemetry/stats.ts'
import { createTop } from '../http/top.ts'
import { createRecentMatches } from '../http/recent.ts'
import type { DaemonParts, StartContext } from './components.ts'
import { openStatusPage } from './status-http.ts'
import type { Answering } from './status-look-up.ts'
import { showMatches } from './status-matches.ts'
import { notifySystemd } from './status-notify.ts'
import { createRefresh } from './status-refresh.ts'
import { createWatch, type Watch } from './status-watch.ts'

/** What the daemon shows of itself: metrics, health, the status page, the line of figures in the log, and word to systemd. */
export interface Status extends Omit<Watch, 'lastAlerts'> {
  /** All is started; alerts are read when `ready` says so. From now on values can be looked up. */
  started(running: Answering & { readonly ready: Promise<boolean> }): void
}

const STATS_MS = 300_000
/** Names that are counted for the tables of frequent ones, of about 100 bytes each. */
const TOP_ROOM = 1000

/** Call it with the state directory in hand: a second process on it has nothing to show. Rejects with ADDRESS_UNUSABLE and CONFIG_INVALID. */
export async function openStatus(parts: DaemonParts, { closing, stop }: StartContext): Promise<Status> {
  const { config, telemetry } = parts
  const { clock, metrics } = telemetry
  const health = telemetry.health ?? createHealth(clock, metrics)
  const tops = { topIndicators: createTop(TOP_ROOM), topAgents: createTop(TOP_ROOM) }
  const recent = createRecentMatches(config.http.keepMatches)
  const watch = createWatch(telemetry, {
    onDelivered: config.http.enabled ? showMatches({ recent, ...tops, metrics }) : ignore,
    isRequired: (sink) => config.sinks[sink]?.required ?? true,
  })
  const refresh = createRefresh(telemetry, health, watch.lastAlerts)
  begin(health, parts)
  let answering: Answering | undefined
  const page = { ...tops, recent, health, refresh, answering: () => answering }
  if (config.http.enabled) await openStatusPage(parts, { closing, page })
  const ending = new AbortController()
  const figures = logStats({
    telemetry,
    everyMs: STATS_MS,
    signal: ending.signal,
    refresh,
    // The engine leaves the little that gathers then for hours.
    onQuiet: () => garbageCollector()?.(),
  })
  closing.push('figures', () => {
    ending.abort()
    return figures
  })
  const systemd = await notifySystemd({ env: parts.env ?? {}, clock, events: statusEvents(telemetry), stop })
  closing.push('systemd', () => systemd.close())
  return {
    ...watch,
    started: ({ ready, ...running }) => {
      answering = running
      systemd.started()
      void ready.then((isReady) => isReady && finishStart(health, parts))
    },
  }
}

function ignore(): void {}

/** Every component is there from the start, so that none can be missing unseen. */
function begin(health: Health, { config }: DaemonParts): void {
  health.set('pipeline', 'start', 'starting', 'indicators and warning-lists are loaded')
  health.set('store', 'work', 'ok')
  for (const id of Object.keys(config.providers))
    health.set(`provider ${id}`, 'start', 'starting', 'nothing was loaded yet')
  for (const id of Object.keys(config.sources))
    health.set(`source ${id}`, 'start', 'starting', 'nothing is read yet')
}

/** What has told of no trouble until now works. */
function finishStart(health: Health, { config }: DaemonParts): void {
  health.set('pipeline', 'start', 'ok')
  for (const id of Object.keys(config.providers)) health.set(`provider ${id}`, 'start', 'ok')
  for (const id of Object.keys(config.sources)) health.set(`source ${id}`, 'start', 'ok')
}
