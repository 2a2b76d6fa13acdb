import type { IntelProvider, Notice, Store } from '../../core/ports.ts'
import { openCtiEvents } from '../../telemetry/events/opencti.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { platformProvider } from '../platform.ts'
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
  const { mode } = config
  const http = mode === 'online' ? undefined : createStreamHttp(parts)
  return platformProvider({
    id,
    online: mode === 'mirror' ? undefined : createOpenCtiOnline(parts),
    mirror: http === undefined ? undefined : createOpenCtiMirror({ ...parts, http }),
    sightings: config.sightings.enabled ? createOpenCtiSightings(parts) : undefined,
    look:
      options.once === true
        ? undefined
        : {
            inspect: (signal) => inspectOpenCti({ provider: id, config, telemetry, client, signal }),
            events: openCtiEvents(telemetry, id),
            clock: telemetry.clock,
          },
    closeClients: () => Promise.all([client.close(), http?.close()]),
  })
}
