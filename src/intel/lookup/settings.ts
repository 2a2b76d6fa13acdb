import { z } from 'zod'
import { duration, size } from '../../core/config-types.ts'

/** The settings of the layers around look-ups and of the HTTP client, the same for every platform. */
export const lookupSettings = {
  tlsVerify: z
    .boolean()
    .default(true)
    .describe('Verify the server certificate. `false` is logged as a warning on each start.'),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file with the certificate authority of a server whose certificate is signed privately.'),
  timeout: duration('30s').describe('Longest wait for one answer, from its request to its end.'),
  maxAnswerBytes: size('64MiB').describe('Longer answers are cut off and count as failed.'),
  connections: z.int().min(1).max(16).default(2).describe('Requests at a time.'),
  cacheTtl: duration('24h').describe('How long a found indicator is remembered.'),
  negativeCacheTtl: duration('1h').describe('How long it is remembered that a value is unknown.'),
  staleTtl: duration('7d').describe(
    'How long after that a found indicator may still serve, marked stale, while the server cannot be asked. A value that was unknown is asked again when it can be.',
  ),
  cacheEntries: z
    .int()
    .min(100)
    .default(20_000)
    .describe('Most answers kept in memory; the others are read from the store.'),
  cacheStored: z
    .int()
    .min(1000)
    .default(1_000_000)
    .describe(
      'Most answers kept in the store, about 340 bytes each. Beyond it new ones are kept in memory only, and counted, until others are forgotten.',
    ),
  rateLimit: duration('10ms').describe(
    'Least time between two requests, of all nodes together where they share a store with the same limits.',
  ),
  burstLimit: z
    .int()
    .min(1)
    .default(100)
    .describe('Most requests in one burst window, counted in the same way.'),
  burstWindow: duration('1s').describe('Length of the burst window.'),
  retries: z.int().min(0).max(10).default(2).describe('How often a failed request is tried again at once.'),
  breakerThreshold: z.int().min(1).default(5).describe('Failures in a row that open the breaker.'),
  breakerTimeout: duration('60s').describe('How long an open breaker waits before a probe.'),
  breakerMaxTimeout: duration('2m').describe('The wait doubles with each failed probe, up to this.'),
} as const

const lookupConfig = z.strictObject({ ...lookupSettings, batchSize: z.int() })

/** What `createOnlineLookup` works by; times in milliseconds. */
export type LookupSettings = z.infer<typeof lookupConfig>
