import { z } from 'zod'
import { size } from '../../core/config-types.ts'

export const streamConfig = z
  .strictObject({
    type: z.literal('stream'),
    file: z
      .string()
      .min(1)
      .default('-')
      .describe('A file of alerts, one JSON object a line, plain or gzip; `-` is standard input.'),
    maxLineBytes: size('8MiB').describe('Longer lines are skipped and counted.'),
    batchAlerts: z.int().min(1).max(10_000).default(256).describe('Most alerts in one batch.'),
  })
  .describe('Reads alerts once, from the beginning to the end. Keeps no checkpoint.')

export type StreamConfig = z.infer<typeof streamConfig>
