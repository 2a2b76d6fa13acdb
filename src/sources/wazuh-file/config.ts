import { z } from 'zod'
import { duration, size } from '../../core/config-types.ts'

export const wazuhFileConfig = z
  .strictObject({
    type: z.literal('wazuh-file'),
    files: z
      .array(z.string().min(1))
      .min(1)
      .default(['/var/ossec/logs/alerts/alerts.json'])
      .describe(
        'Alert files to follow: alerts.json or archives.json of a Wazuh 4.x manager, or `logs/<channel>.json` of a Wazuh 5, one JSON object a line. `.gz` files are read once.',
      ),
    startAt: z
      .enum(['checkpoint', 'beginning', 'end'])
      .default('checkpoint')
      .describe(
        'Where reading begins. `checkpoint`: where the last run stopped, at the end of the file on the first start. `beginning`: where the last run stopped, at the beginning on the first start. `end`: always at the end; what came while stopped is skipped.',
      ),
    backfillDays: z
      .int()
      .min(0)
      .max(3660)
      .default(0)
      .describe(
        'On the first start of a file: how many days of dated files (`YYYY/Mon/ossec-alerts-DD[-NNN].json[.gz]`) are read first, the newest day included. Days without a file do not count. 0: as `startAt` says.',
      ),
    pollInterval: duration('250ms')
      .refine((ms) => ms >= 10 && ms <= 1000, 'expected 10ms to 1s: alerts must not wait longer')
      .describe(
        'How often a file is looked at when it is quiet, at most 1s; sooner for a moment after something was read. It is polled everywhere: network file systems tell nobody of writes.',
      ),
    maxLineBytes: size('8MiB').describe('Longer lines are skipped and counted.'),
    batchAlerts: z
      .int()
      .min(1)
      .max(10_000)
      .default(256)
      .describe('Most alerts in one batch; of a backlog the lines of a whole read are one.'),
    readBytes: size('1MiB').describe('Most bytes of one read; bounds the memory of a batch.'),
  })
  .describe('Follows alert files of a Wazuh 4.x manager through rotation, truncation and restarts.')

export type WazuhFileConfig = z.infer<typeof wazuhFileConfig>
