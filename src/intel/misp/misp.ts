import type { IntelProvider, Notice, Store } from '../../core/ports.ts'
import { platformEvents } from '../../telemetry/events/platform.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { platformProvider } from '../platform.ts'
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
  return platformProvider({
    id,
    online: mode === 'mirror' ? undefined : createMispOnline(parts),
    mirror: mode === 'online' ? undefined : createMispMirror(parts),
    sightings: sighting.enabled ? createMispSightings(parts) : undefined,
    look:
      options.once === true
        ? undefined
        : {
            inspect: (signal) => inspectMisp({ provider: id, config, telemetry, client, signal }),
            events: platformEvents(telemetry, id),
            clock: telemetry.clock,
          },
    closeClients: () => client.close(),
  })
}
