import { z } from 'zod'
import { size } from '../../core/config-types.ts'

export const deadLettersConfig = z
  .strictObject({
    maxSize: size('256MiB').describe('Most space dead letters take below `stateDir`.'),
    atLimit: z
      .enum(['drop-oldest', 'wait'])
      .default('drop-oldest')
      .describe(
        'At the limit: `drop-oldest`, which is counted, or `wait`, and read no further alerts until somebody has removed files: who can write such alerts can stop Tripline then.',
      ),
  })
  .describe(
    'What can never be examined or delivered is kept in `<stateDir>/dead-letters`, for people and for `tripline scan` (docs/delivery.md).',
  )

export type DeadLettersConfig = z.infer<typeof deadLettersConfig>
