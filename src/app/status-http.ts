import { collectDefaultMetrics } from 'prom-client'
import { PACKAGE_FOLDER } from '../core/package-folder.ts'
import { readAssets } from '../http/assets.ts'
import { createLive } from '../http/live.ts'
import { createMonitor } from '../http/monitor.ts'
import { addPage } from '../http/page-routes.ts'
import { addProbes } from '../http/probes.ts'
import type { RecentMatches } from '../http/recent.ts'
import { openStatusServer } from '../http/server.ts'
import type { ComponentFacts } from '../http/snapshot.ts'
import type { Top } from '../http/top.ts'
import { statusEvents } from '../telemetry/events/status.ts'
import type { Health } from '../telemetry/health.ts'
import type { DaemonParts } from './components.ts'
import type { ClosingStack } from './shutdown.ts'
import { lookUpValue, type Answering } from './status-look-up.ts'

export interface PageSources {
  readonly recent: RecentMatches
  readonly topIndicators: Top
  readonly topAgents: Top
  readonly health: Health
  readonly refresh: () => Promise<void>
  /** Undefined until the daemon has started. */
  readonly answering: () => Answering | undefined
}

/** Serves metrics, probes and the page until it is closed, which is among the last things that are. */
export async function openStatusPage(
  { config, telemetry, version }: DaemonParts,
  { closing, page }: { readonly closing: ClosingStack; readonly page: PageSources },
): Promise<void> {
  const { clock, metrics } = telemetry
  collectDefaultMetrics({ register: metrics.registry })
  const live = createLive()
  const { sources, providers } = config
  const facts = { sources: factsOf(sources), providers: factsOf(providers) }
  const startedAt = clock.now()
  const monitor = createMonitor({ ...page, ...facts, telemetry, version, startedAt, live })
  const assets = await readAssets(new URL('dist/page/', PACKAGE_FOLDER))
  const server = await openStatusServer({
    config: config.http,
    events: statusEvents(telemetry),
    clock,
    addRoutes: (app, guard) => {
      addProbes(app, guard, { ...page, metrics })
      addPage(app, guard, {
        assets,
        recent: page.recent,
        live,
        hello: () => monitor.hello(),
        lookUp: (value, signal) => {
          const answering = page.answering()
          return answering && lookUpValue(value, answering, { now: clock.now(), signal })
        },
      })
    },
  })
  const ending = new AbortController()
  const watching = monitor.run(ending.signal)
  closing.push('status page', async () => {
    ending.abort()
    await watching
    live.close()
    await server.close()
  })
}

function factsOf(
  components: Readonly<Record<string, { readonly type: string; readonly tlsVerify?: boolean }>>,
): readonly ComponentFacts[] {
  return Object.entries(components).map(([id, { type, tlsVerify }]) => ({
    id,
    type,
    ...(tlsVerify === undefined ? {} : { tlsVerified: tlsVerify }),
  }))
}
