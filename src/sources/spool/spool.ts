import { join } from 'node:path'
import type { ComponentId } from '../../core/indicator.ts'
import type { Notice, Source } from '../../core/ports.ts'
import { spoolEvents } from '../../telemetry/events/spool.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { Decode } from '../decode.ts'
import type { SpoolConfig } from './config.ts'
import { prepareSpool, spoolFolders } from './folders.ts'
import { malformedNotice, missingParts, missingText, POISON_TEXTS } from './malformed.ts'
import { integrationOf } from './names.ts'
import { createSpoolReader } from './reader.ts'
import { createServed } from './served.ts'

export interface SpoolOptions {
  readonly id: ComponentId
  readonly config: SpoolConfig
  readonly decode: Decode
  readonly telemetry: Telemetry
  /** Told of files and alerts that are not as they should be. */
  readonly onNotice?: (notice: Notice) => void
}

const HINTS = {
  folder: 'Give the folder to the user that runs Tripline; docs/spool.md has the owners and modes.',
  file: 'Add the user of Tripline to group wazuh: usermod -aG wazuh <user>, then start it anew.',
}

/** The spool that the integrations write alerts to (`createSpoolReader`): says that it is served, and what is wrong with alerts. */
export function createSpoolSource({ id, config, decode, telemetry, onNotice }: SpoolOptions): Source {
  const folders = spoolFolders(config.dir)
  const events = spoolEvents(telemetry, id)
  const { dir, maxFiles, maxOutage } = config
  const { clock } = telemetry
  const served = createServed({ dir, maxFiles, maxOutageMs: maxOutage, clock }, events)
  const notify = (name: string, text: string): void =>
    onNotice?.(malformedNotice({ text, provider: id, integration: integrationOf(name), at: clock.now() }))
  return createSpoolReader({
    id,
    folders,
    decode,
    telemetry,
    settings: config,
    keeper: {
      prepare: prepareSpool,
      served,
      hints: HINTS,
      poison: (name, reason) => notify(name, POISON_TEXTS[reason]),
      read: (name, alerts) => {
        for (const alert of alerts) {
          const missing = missingParts(alert)
          if (missing.length === 0) continue
          events.incomplete(join(folders.fresh, name), missing)
          notify(name, missingText(missing))
        }
      },
    },
  })
}
