import { z } from 'zod'
import { size } from '../../core/config-types.ts'
import { deliverySettings } from '../delivery-config.ts'
import { wazuhFormat } from '../wazuh-format.ts'

export const wazuhLogConfig = z
  .strictObject({
    type: z.literal('wazuh-log'),
    path: z
      .string()
      .min(1)
      .default('/var/log/tripline/wazuh-events.json')
      .describe('The file; JSON Lines. A `<localfile>` of Wazuh reads it.'),
    ...wazuhFormat,
    maxPerSecond: z
      .int()
      .min(1)
      .max(400)
      .default(300)
      .describe(
        "Most events in a second; more make the pipeline wait. Wazuh's log collector drops lines above some 500, nearly without a word.",
      ),
    maxSize: size('100MiB').describe(
      'The file is rotated before it grows beyond this. Wazuh looks for a new file once a minute.',
    ),
    backups: z
      .int()
      .min(0)
      .max(1000)
      .default(1)
      .describe('How many rotated files are kept, gzip-compressed.'),
    ...deliverySettings,
  })
  .describe('Matches, and troubles with providers, as events for Wazuh (docs/output.md, deploy/wazuh).')

export type WazuhLogConfig = z.infer<typeof wazuhLogConfig>
