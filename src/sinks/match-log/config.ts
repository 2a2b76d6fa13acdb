import { z } from 'zod'
import { size } from '../../core/config-types.ts'
import { deliverySettings } from '../delivery-config.ts'

export const matchLogConfig = z
  .strictObject({
    type: z.literal('match-log'),
    path: z
      .string()
      .min(1)
      .default('/var/log/misp-processor/ioc-matched.log')
      .describe('The file; JSON Lines.'),
    maxSize: size('1GiB').describe('The file is rotated before it grows beyond this.'),
    backups: z
      .int()
      .min(0)
      .max(1000)
      .default(1)
      .describe('How many rotated files are kept, gzip-compressed.'),
    fullAlert: z.boolean().default(true).describe('Put the whole alert into each record as `full_alert`.'),
    ...deliverySettings,
  })
  .describe('Every match, one JSON object a line (docs/output.md).')

export type MatchLogConfig = z.infer<typeof matchLogConfig>
