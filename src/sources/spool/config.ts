import { z } from 'zod'
import { duration, size } from '../../core/config-types.ts'

export const spoolConfig = z
  .strictObject({
    type: z.literal('spool'),
    dir: z
      .string()
      .min(1)
      .default('/var/lib/tripline/spool')
      .describe(
        'The folder. `tmp`, `new` and `failed` are made in it; whoever writes alerts needs write access to `tmp` and `new`.',
      ),
    pollInterval: duration('500ms').describe(
      'How often the folder is looked at when no change of it is reported.',
    ),
    maxAlertBytes: size('8MiB').describe(
      'Larger files are set aside. The scripts hand over no more than 8 MiB.',
    ),
    batchAlerts: z.int().min(1).max(10_000).default(256).describe('Most alerts in one batch.'),
    maxFiles: z
      .int()
      .min(1)
      .max(100_000_000)
      .default(1_000_000)
      .describe('With more files waiting, scripts put no more into the folder.'),
    maxOutage: duration('24h').describe(
      'How long after the last sign of life of Tripline scripts still put alerts into the folder.',
    ),
    maxFailedFiles: z
      .int()
      .min(1)
      .max(100_000)
      .default(1000)
      .describe('Most files kept in `failed`; the oldest are removed.'),
    maxFailedBytes: size('64MiB').describe('Most bytes kept in `failed`; the oldest files are removed.'),
  })
  .describe(
    'Takes alerts from a folder, one file each, as the integrations `custom-opencti` and `custom-misp` write them (docs/spool.md).',
  )

export type SpoolConfig = z.infer<typeof spoolConfig>
