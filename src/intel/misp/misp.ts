import { OBSERVABLE_TYPES } from '../../core/observable.ts'
import type { IntelProvider, Notice, Store } from '../../core/ports.ts'
import { platformEvents } from '../../telemetry/events/platform.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { lookNowAndThen } from '../look.ts'
import { createMispClient } from './client/client.ts'
import type { MispConfig } from './config.ts'
import { inspectMisp } from './inspect.ts'
import { createMispMirror } from './mirror/mirror-sync.ts'
import { createMispOnline } from './online/online.ts'
import { createMispSightings } from './sightings/sightings.ts'

export interface MispProviderOptions {
  readonly id: string
  readonly config: MispConfig
  readonly telemetry: Telemetry
  readonly store: Store
  readonly stateDir: string
  onNotice?(notice: Notice): void
  /** Whether the server is there is not looked at: who asks hears of it. */
  readonly once?: true
}

/**
 * A MISP: asked online, copied, or both, after its `mode`. Throws CONFIG_INVALID when `caFile` or a proxy is no good; whether the
 * server is there is looked at in the background and told in the log.
 */
export function createMispProvider(options: MispProviderOptions): IntelProvider {
  const { id, config, telemetry } = options
  const { mode, sightings: sighting } = config
  const client = createMispClient({ config, provider: id, telemetry })
  const parts = { ...options, client }
  const closing = new AbortController()
  const inspect = (signal: AbortSignal) => inspectMisp({ provider: id, config, telemetry, client, signal })
  const events = platformEvents(telemetry, id)
  const looked =
    options.once === true
      ? undefined
      : lookNowAndThen({ inspect, events, clock: telemetry.clock }, closing.signal)
  const online = mode === 'mirror' ? undefined : createMispOnline(parts)
  const mirror = mode === 'online' ? undefined : createMispMirror(parts)
  const sightings = sighting.enabled ? createMispSightings(parts) : undefined
  return {
    id,
    types: new Set(OBSERVABLE_TYPES),
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
