import { OBSERVABLE_TYPES } from '../../core/observable.ts'
import type { IntelProvider, Notice, Store } from '../../core/ports.ts'
import { openCtiEvents } from '../../telemetry/events/opencti.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { lookNowAndThen } from '../look.ts'
import { createOpenCtiClient, createStreamHttp } from './client/client.ts'
import type { OpenCtiConfig } from './config.ts'
import { inspectOpenCti } from './inspect.ts'
import { createOpenCtiMirror } from './mirror/mirror-sync.ts'
import { createOpenCtiOnline } from './online/online.ts'
import { createOpenCtiSightings } from './sightings/sightings.ts'

export interface OpenCtiProviderOptions {
  readonly id: string
  readonly config: OpenCtiConfig
  readonly telemetry: Telemetry
  readonly store: Store
  readonly stateDir: string
  onNotice?(notice: Notice): void
  /** Whether the server is there is not looked at: who asks hears of it. */
  readonly once?: true
}

/**
 * An OpenCTI: asked online, copied, or both, after its `mode`. Throws CONFIG_INVALID when `caFile` or a proxy is no good;
 * whether the server is there is looked at in the background and told in the log.
 */
export function createOpenCtiProvider(options: OpenCtiProviderOptions): IntelProvider {
  const { id, config, telemetry } = options
  const client = createOpenCtiClient({ config, provider: id, telemetry })
  const parts = { ...options, client }
  const closing = new AbortController()
  const looked =
    options.once === true
      ? undefined
      : lookNowAndThen(
          {
            inspect: (signal) => inspectOpenCti({ provider: id, config, telemetry, client, signal }),
            events: openCtiEvents(telemetry, id),
            clock: telemetry.clock,
          },
          closing.signal,
        )
  const online = config.mode === 'mirror' ? undefined : createOpenCtiOnline(parts)
  const http = config.mode === 'online' ? undefined : createStreamHttp(parts)
  const mirror = http === undefined ? undefined : createOpenCtiMirror({ ...parts, http })
  const sightings = config.sightings.enabled ? createOpenCtiSightings(parts) : undefined
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
      await Promise.all([client.close(), http?.close()])
    },
  }
}
