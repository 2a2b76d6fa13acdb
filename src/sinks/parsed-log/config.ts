import { z } from 'zod'
import { size } from '../../core/config-types.ts'
import { deliverySettings } from '../delivery-config.ts'

export const parsedLogConfig = z
  .strictObject({
    type: z.literal('parsed-log'),
    path: z
      .string()
      .min(1)
      .default('/var/log/misp-processor/ioc-parsed.log')
      .describe('The file; JSON Lines.'),
    maxSize: size('1GiB').describe('The file is rotated before it grows beyond this.'),
    backups: z
      .int()
      .min(0)
      .max(1000)
      .default(1)
      .describe('How many rotated files are kept, gzip-compressed.'),
    ...deliverySettings,
  })
  .describe('The observables of every alert that has some, matched or not, one JSON object a line.')

export type ParsedLogConfig = z.infer<typeof parsedLogConfig>
