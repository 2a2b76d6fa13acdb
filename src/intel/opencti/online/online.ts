import type { Notice, Store } from '../../../core/ports.ts'
import type { Telemetry } from '../../../telemetry/telemetry.ts'
import { createOnlineLookup, type OnlineLookup } from '../../lookup/online.ts'
import type { OpenCtiClient } from '../api.ts'
import { openCtiBaseUrl } from '../client/base-url.ts'
import type { OpenCtiConfig } from '../config.ts'
import { createAsk } from './ask.ts'
import { weigh } from './values.ts'

export interface OpenCtiOnlineOptions {
  readonly id: string
  readonly config: OpenCtiConfig
  readonly client: OpenCtiClient
  readonly store: Store
  readonly telemetry: Telemetry
  onNotice?(notice: Notice): void
}

/** Look-ups in an OpenCTI over the network. */
export function createOpenCtiOnline(options: OpenCtiOnlineOptions): OnlineLookup {
  const { id, config, client, telemetry } = options
  const webUrl = openCtiBaseUrl(config.webUrl ?? config.url)
  return createOnlineLookup({
    ...options,
    ask: createAsk({ client, provider: id, webUrl, config, telemetry }),
    weigh,
    probe: async (signal) => {
      await client.about(signal)
    },
    // As the scripts did that are in use (rule 100211).
    tellsEach: true,
    server: openCtiBaseUrl(config.url),
    dependsOn: [openCtiBaseUrl(config.url), webUrl, config.related],
    onNotice: (notice) => options.onNotice?.({ ...notice, platform: 'opencti' }),
  })
}
