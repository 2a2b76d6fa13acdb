import type { Notice, Store } from '../../../core/ports.ts'
import type { Telemetry } from '../../../telemetry/telemetry.ts'
import { createOnlineLookup, type OnlineLookup } from '../../lookup/online.ts'
import type { MispClient } from '../api.ts'
import { mispBaseUrl } from '../client/base-url.ts'
import type { MispConfig } from '../config.ts'
import { createAsk } from './ask.ts'
import { weigh } from './values.ts'

export interface MispOnlineOptions {
  readonly id: string
  readonly config: MispConfig
  readonly client: MispClient
  readonly store: Store
  readonly telemetry: Telemetry
  onNotice?(notice: Notice): void
}

/** Look-ups in a MISP over the network. */
export function createMispOnline(options: MispOnlineOptions): OnlineLookup {
  const { id, config, client, telemetry } = options
  const webUrl = mispBaseUrl(config.webUrl ?? config.url)
  return createOnlineLookup({
    ...options,
    ask: createAsk({ client, provider: id, webUrl, config, telemetry }),
    weigh,
    probe: (signal) => client.heartbeat(signal),
    server: mispBaseUrl(config.url),
    dependsOn: [mispBaseUrl(config.url), webUrl, config.toIds, config.published],
    serverLimit: () => client.limit?.(),
  })
}
