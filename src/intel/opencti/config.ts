import { z } from 'zod'
import { duration, secret } from '../../core/config-types.ts'
import { lookupSettings } from '../lookup/settings.ts'

const mirrorConfig = z
  .strictObject({
    stream: z
      .string()
      .regex(/^[\w-]{1,64}$/)
      .optional()
      .describe(
        'Id of the live stream that is followed (Data > Data sharing > Live streams): it must be started, and pass indicators. Absent: the server is polled.',
      ),
    pollInterval: duration('1m').describe('How often changes are asked for where no stream is followed.'),
    reload: duration('7d').describe(
      'How often everything is loaded anew while a stream is followed, for whatever was missed.',
    ),
    pollReload: duration('6h').describe(
      'The same where no stream is followed: only that shows deleted indicators.',
    ),
    staleAfter: duration('15m').describe(
      'A copy that was not brought up to date for so long is stale: `hybrid` then asks online.',
    ),
    pageSize: z
      .int()
      .min(10)
      .max(1000)
      .default(1000)
      .describe('Indicators in one answer while everything is loaded.'),
    revoked: z
      .boolean()
      .default(false)
      .describe(
        'Keep revoked indicators in the copy, too: only then `policy.revoked: flag` can report them, and `policy.expired: flag` those that OpenCTI revoked because their time was over.',
      ),
    maxIndicators: z
      .int()
      .min(1000)
      .default(10_000_000)
      .describe('Indicators beyond this many are left out, with a warning.'),
  })
  .describe('`mirror` and `hybrid`: the local copy.')

const sightingsConfig = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe(
        'Tell OpenCTI which of its indicators were seen. Needs KNOWLEDGE_KNUPDATE and a confidence level.',
      ),
    window: duration('15m').describe(
      'Sightings of one indicator are counted together for this time before OpenCTI is told: one request each time.',
    ),
    identity: z
      .string()
      .min(2)
      .max(200)
      .default('Tripline')
      .describe(
        'Name of the security platform (before OpenCTI 6.7: the system) that has seen it. Made when it is not there. Give each Tripline a name of its own.',
      ),
    perAgent: z
      .boolean()
      .default(false)
      .describe(
        'Let each agent be a system of its own, by its name, that has seen it; `identity` then stands for the manager.',
      ),
    confidence: z.int().min(0).max(100).optional().describe('Confidence of the sightings.'),
    maxQueued: z
      .int()
      .min(100)
      .default(100_000)
      .describe('Most sightings that wait to be told; further ones are dropped and counted.'),
  })
  .describe('Sightings back to OpenCTI.')

export const openCtiConfig = z
  .strictObject({
    type: z.literal('opencti'),
    mode: z
      .enum(['online', 'mirror', 'hybrid'])
      .default('online')
      .describe(
        '`online`: ask the OpenCTI for each new value. `mirror`: match against a local copy of its indicators. `hybrid`: the copy, and online what it does not know as long as it is not complete or is stale; what only an online look-up finds (indicators that are based on an observable without naming it in their pattern, related ones) is not found while the copy is up to date.',
      ),
    url: z
      .url({ protocol: /^https?$/ })
      .describe('Base URL of the OpenCTI, also under a path, with or without `/graphql` at its end.'),
    webUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Base URL for links that people open, when it is not `url`.'),
    token: secret().describe('API token of an OpenCTI user of its own, with the capability KNOWLEDGE.'),
    ...lookupSettings,
    retries: lookupSettings.retries
      .unwrap()
      .default(3)
      .describe(lookupSettings.retries.description ?? ''),
    batchSize: z
      .int()
      .min(10)
      .max(200)
      .default(200)
      .describe(
        'Most filter values in one look-up. The search engine of OpenCTI takes about 1,000 clauses, of which access control uses some.',
      ),
    related: z
      .boolean()
      .default(true)
      .describe('Look-ups: also indicators of what is related to a known observable, as `related`.'),
    mirror: mirrorConfig.prefault({}),
    sightings: sightingsConfig.prefault({}),
  })
  .describe('An OpenCTI server, 5.12.24 or later.')

export type OpenCtiConfig = z.infer<typeof openCtiConfig>
