import { z } from 'zod'

export const memoryConfig = z
  .strictObject({
    type: z.literal('memory'),
    maxEntries: z
      .int()
      .min(1)
      .default(100_000)
      .describe('Most entries held; the ones next to expire make room.'),
  })
  .describe('State in memory only: for trying things out, forgotten at the end of the process.')

export type MemoryConfig = z.infer<typeof memoryConfig>
