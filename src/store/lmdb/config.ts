import { z } from 'zod'

export const lmdbConfig = z
  .strictObject({
    type: z.literal('lmdb'),
  })
  .describe('State in an embedded LMDB below `stateDir`: the default, nothing to install.')
