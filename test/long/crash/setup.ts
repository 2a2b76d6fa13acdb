import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { startFakeMisp, type FakeMisp } from '../../support/fake-misp/fake-misp.ts'
import { plantedFor } from './alerts.ts'

const LATENCY_MS = 20

/** Paths below the folder of a run. */
export interface Places {
  readonly logs: string
  readonly matched: string
  readonly parsed: string
  readonly wazuhLog: string
  readonly socket: string
  readonly checkpoint: string
  readonly config: string
}

export function placesIn(folder: string): Places {
  const logs = join(folder, 'logs')
  mkdirSync(logs, { recursive: true })
  return {
    logs,
    matched: join(folder, 'ioc-matched.log'),
    parsed: join(folder, 'ioc-parsed.log'),
    wazuhLog: join(folder, 'wazuh-events.json'),
    socket: join(folder, 'queue'),
    checkpoint: join(folder, 'state', 'checkpoints', 'wazuh.json'),
    config: join(folder, 'tripline.yaml'),
  }
}

/** A MISP that knows what is planted for it; the names by attribute are for its sightings. */
export async function startMisp(
  alerts: number,
): Promise<{ readonly misp: FakeMisp; readonly nameOf: ReadonlyMap<string, string> }> {
  const misp = await startFakeMisp({ latencyMs: LATENCY_MS, recordRequests: false })
  const planted = plantedFor('misp', alerts)
  const { attributes } = misp.addEvent({
    info: 'Planted names',
    attributes: planted.map(({ name }) => ({ type: 'domain', value: name })),
  })
  const nameOf = new Map(attributes.map(({ uuid }, place) => [uuid, planted[place]?.name ?? '']))
  return { misp, nameOf }
}

export interface ConfigOptions {
  readonly alerts: number
  readonly misp: FakeMisp
  readonly hasQueue: boolean
  /** Outputs are rotated at this size, so that a kill meets that, too. */
  readonly outputSize: string
}

/** Writes `tripline.yaml` and the feed: every sink is on, and the MISP is asked and told of sightings. */
export function writeConfig(folder: string, places: Places, options: ConfigOptions): void {
  const { alerts, misp, hasQueue, outputSize } = options
  const feed = join(folder, 'feed.txt')
  writeFileSync(
    feed,
    plantedFor('feed', alerts)
      .map(({ name }) => `${name}\n`)
      .join(''),
  )
  const rotated = { maxSize: outputSize, backups: 1000 }
  const config = {
    stateDir: join(folder, 'state'),
    log: { level: 'info', format: 'json' },
    sources: {
      wazuh: {
        type: 'wazuh-file',
        files: [join(places.logs, 'alerts.json')],
        startAt: 'beginning',
        pollInterval: '50ms',
      },
    },
    providers: {
      feed: { type: 'feed', feeds: [{ path: feed }] },
      misp: {
        type: 'misp',
        url: misp.url,
        apiKey: misp.keys.user,
        retries: 1,
        breakerThreshold: 2,
        breakerTimeout: '200ms',
        breakerMaxTimeout: '1s',
        sightings: { enabled: true, flushEvery: '500ms' },
      },
    },
    online: { patience: '500ms' },
    // The same value is never planted twice, so nothing that is told is a repeat but by reading again.
    sinks: {
      matches: { type: 'match-log', path: places.matched, ...rotated },
      parsed: { type: 'parsed-log', path: places.parsed, ...rotated },
      wazuh: { type: 'wazuh-log', path: places.wazuhLog, maxPerSecond: 400 },
      out: { type: 'stdout', format: 'json' },
      ...(hasQueue ? { queue: { type: 'wazuh-queue', socket: places.socket } } : {}),
    },
  }
  writeFileSync(places.config, stringify(config), { mode: 0o600 })
}
