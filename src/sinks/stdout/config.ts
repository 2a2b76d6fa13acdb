import { z } from 'zod'
import { deliverySettings } from '../delivery-config.ts'

export const stdoutConfig = z
  .strictObject({
    type: z.literal('stdout'),
    format: z
      .enum(['json', 'text'])
      .default('json')
      .describe('`json`: the match record, one a line. `text`: one readable line a match.'),
    fullAlert: z
      .boolean()
      .default(false)
      .describe('json: put the whole alert into each record as `full_alert`.'),
    ...deliverySettings,
  })
  .describe('Matches on standard output.')

export type StdoutConfig = z.infer<typeof stdoutConfig>
