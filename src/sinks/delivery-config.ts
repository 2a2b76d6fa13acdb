import { z } from 'zod'
import { duration, size } from '../core/config-types.ts'

const buffer = z
  .strictObject({
    maxDeliveries: z
      .int()
      .min(1)
      .max(100_000)
      .default(1000)
      .describe(
        'Most deliveries that wait; each holds what was found in up to 256 alerts, of a backlog in up to 1 MiB of them.',
      ),
    maxBytes: size('64MiB').describe('Most memory they take, about.'),
    atLimit: z
      .enum(['dead-letter', 'drop'])
      .default('dead-letter')
      .describe(
        'What becomes of matches that are dropped: `dead-letter`, kept below `stateDir` for `tripline scan` (docs/delivery.md), or `drop`, only counted. Parsed alerts are only counted.',
      ),
    timeout: duration('30s').describe(
      'How long the sink may take for one write before it is told to give up.',
    ),
  })
  .describe(
    'Where `required` is `false`: what waits in memory while the sink does not accept. At a bound the oldest are dropped and counted.',
  )

/** Settings of every sink. */
export const deliverySettings = {
  required: z
    .boolean()
    .default(true)
    .describe(
      '`true`: nothing is acknowledged before this sink has accepted it, so nothing is read further while it does not. `false`: it holds up nobody, and may miss what it does not accept in time.',
    ),
  buffer: buffer.prefault({}),
} as const
