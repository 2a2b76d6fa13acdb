import { z } from 'zod'
import { duration, secret } from '../../core/config-types.ts'
import { lookupSettings } from '../lookup/settings.ts'

const mirrorConfig = z
  .strictObject({
    interval: duration('1m').describe('How often newly published events are fetched.'),
    overlap: duration('5m').describe(
      'How far before the last fetch each one looks again: publication times have whole seconds and clocks differ.',
    ),
    reconcile: duration('1h').describe(
      'How often the list of all events is compared, which alone shows deleted ones.',
    ),
    grace: duration('1d').describe(
      'How long the last published state of an event stays after an edit made it unpublished.',
    ),
    staleAfter: duration('15m').describe(
      'A mirror that was not brought up to date for so long is stale: `hybrid` then asks online.',
    ),
    pageSize: z.int().min(100).max(50_000).default(5000).describe('Attributes in one answer.'),
    maxIndicators: z
      .int()
      .min(1000)
      .default(10_000_000)
      .describe('Events beyond this many indicators are left out, with a warning.'),
  })
  .describe('`mirror` and `hybrid`: the local copy.')

const sightingsConfig = z
  .strictObject({
    enabled: z.boolean().default(false).describe('Tell MISP which of its attributes were seen.'),
    interval: duration('1h').describe('At most one sighting per attribute and agent in this time.'),
    flushEvery: duration('10s').describe('How often collected sightings are sent.'),
    source: z
      .string()
      .min(1)
      .max(100)
      .default('tripline')
      .describe('`source` of the sightings, before the agent.'),
    maxQueued: z
      .int()
      .min(100)
      .default(100_000)
      .describe('Most sightings that wait to be sent; further ones are dropped and counted.'),
  })
  .describe('Sightings back to MISP.')

export const mispConfig = z
  .strictObject({
    type: z.literal('misp'),
    mode: z
      .enum(['online', 'mirror', 'hybrid'])
      .default('online')
      .describe(
        '`online`: ask the MISP for each new value. `mirror`: match against a local copy. `hybrid`: the copy first, and online what it cannot tell or when it is stale.',
      ),
    url: z.url({ protocol: /^https?$/ }).describe('Base URL of the MISP, also under a path.'),
    webUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Base URL for links that people open, when it is not `url`.'),
    apiKey: secret().describe('Automation key of a MISP user.'),
    ...lookupSettings,
    batchSize: z
      .int()
      .min(1)
      .max(10_000)
      .default(190)
      .describe('Most values in one look-up. From 200 on the database of MISP reads its whole table.'),
    toIds: z.boolean().default(true).describe('Look-ups: only attributes with `to_ids`.'),
    published: z.boolean().default(true).describe('Only attributes of published events.'),
    mirror: mirrorConfig.prefault({}),
    warningLists: z.boolean().default(true).describe('Use the warning-lists that are enabled in this MISP.'),
    sightings: sightingsConfig.prefault({}),
  })
  .describe('A MISP server, 2.4.142 or later.')

export type MispConfig = z.infer<typeof mispConfig>
