import { errorText } from '../../core/errors.ts'
import type { IntelProvider, Notice, Store } from '../../core/ports.ts'
import { mispEvents } from '../../telemetry/events/misp.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { MISP_OBSERVABLE_TYPES, type MispClient } from './api.ts'
import { createMispClient } from './client.ts'
import type { MispConfig } from './config.ts'
import { inspectMisp } from './inspect.ts'
import { createMispMirror } from './mirror/mirror-sync.ts'
import { createMispOnline } from './online.ts'
import { createMispSightings } from './sightings/sightings.ts'

export interface MispProviderOptions {
  readonly id: string
  readonly config: MispConfig
  readonly telemetry: Telemetry
  readonly store: Store
  readonly stateDir: string
  onNotice?(notice: Notice): void
}

/**
 * A MISP: asked online, copied, or both, after its `mode`. Throws CONFIG_INVALID when `caFile` or a proxy is no good; whether the
 * server is there is looked at in the background and told in the log once.
 */
export function createMispProvider(options: MispProviderOptions): IntelProvider {
  const { id, config, telemetry } = options
  const { mode, sightings: sighting } = config
  const client = createMispClient({ config, provider: id, telemetry })
  const parts = { ...options, client }
  const closing = new AbortController()
  const looked = lookAtServer(parts, closing.signal)
  const online = mode === 'mirror' ? undefined : createMispOnline(parts)
  const mirror = mode === 'online' ? undefined : createMispMirror(parts)
  const sightings = sighting.enabled ? createMispSightings(parts) : undefined
  return {
    id,
    types: new Set(MISP_OBSERVABLE_TYPES),
    ...(online === undefined
      ? {}
      : { lookup: online.lookup, answering: (signal) => online.answering(signal) }),
    ...(mirror === undefined ? {} : { changes: (signal) => mirror.changes(signal) }),
    // A mirror that is complete and up to date has nothing to learn online.
    ...(online === undefined || mirror === undefined
      ? {}
      : { asks: (_observable, known) => !known && mirror.state() !== 'fresh' }),
    ...(sightings === undefined ? {} : { report: (seen) => sightings.report(seen) }),
    close: async () => {
      closing.abort()
      await Promise.all([looked, online?.close(), mirror?.close(), sightings?.close()])
      await client.close()
    },
  }
}

interface Looked extends MispProviderOptions {
  readonly client: MispClient
}

/** Never rejects, and nobody waits for it: a server that is down must not keep alerts from being read. */
async function lookAtServer({ id, config, telemetry, client }: Looked, signal: AbortSignal): Promise<void> {
  const events = mispEvents(telemetry, id)
  try {
    events.started(await inspectMisp({ provider: id, config, telemetry, client, signal }))
  } catch (error) {
    if (!signal.aborted) events.started([{ level: 'error', text: errorText(error) }])
  }
}
