import { z } from 'zod'
import { duration, secret } from '../../core/config-types.ts'

export const mispConfig = z
  .strictObject({
    type: z.literal('misp'),
    url: z.url({ protocol: /^https?$/ }).describe('Base URL of the MISP, also under a path.'),
    apiKey: secret().describe('Automation key of a MISP user.'),
    tlsVerify: z
      .boolean()
      .default(true)
      .describe('Verify the server certificate. `false` is logged as a warning on each start.'),
    cacheTtl: duration('24h').describe('How long an answer is kept.'),
    rateLimit: duration('10ms').describe('Least time between two requests.'),
    burstLimit: z.int().min(1).default(100).describe('Most requests in one burst window.'),
    burstWindow: duration('1s').describe('Length of the burst window.'),
    breakerThreshold: z.int().min(1).default(5).describe('Failures in a row that open the breaker.'),
    breakerTimeout: duration('60s').describe('How long an open breaker waits before a probe.'),
  })
  .describe('A MISP server. Its settings are read and checked; look-ups come with a later version.')

export type MispConfig = z.infer<typeof mispConfig>
