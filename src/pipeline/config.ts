import { z } from 'zod'
import { duration } from '../core/config-types.ts'
import { EXCLUSIONS } from '../core/observable.ts'

export const policyConfig = z
  .strictObject({
    minScore: z
      .number()
      .min(0)
      .max(100)
      .default(0)
      .describe('Indicators that state a lower score are held back. Those that state none pass.'),
    minConfidence: z
      .number()
      .min(0)
      .max(100)
      .default(0)
      .describe('Indicators that state a lower confidence are held back. Those that state none pass.'),
    expired: z
      .enum(['hold', 'flag'])
      .default('hold')
      .describe('Expired indicators: `hold` them back, or `flag`: report them marked.'),
    revoked: z
      .enum(['hold', 'flag'])
      .default('hold')
      .describe('Revoked indicators: `hold` them back, or `flag`: report them marked.'),
    requireDetection: z
      .boolean()
      .default(true)
      .describe('Hold back indicators that say they are not meant for detection (MISP `to_ids` false).'),
    allow: z
      .strictObject({
        values: z
          .array(z.string().min(1))
          .default([])
          .describe('Exact values: addresses, names, URLs, e-mail addresses, hashes.'),
        networks: z.array(z.string().min(1)).default([]).describe('Networks in CIDR form.'),
        domains: z
          .array(z.string().min(1))
          .default([])
          .describe('Names; their subdomains, and URLs and e-mail addresses below them, are allowed too.'),
      })
      .prefault({})
      .describe('What is never reported: your own networks and domains, known good services.'),
    lookUpSpecial: z
      .array(z.enum(EXCLUSIONS).exclude(['empty-file', 'allow-list']))
      .default([])
      .describe(
        'Special-use address ranges to look up all the same: `[documentation]` to try Tripline out with documentation addresses.',
      ),
    reportHeld: z
      .boolean()
      .default(false)
      .describe('Report held matches too, with the reasons in `suppressed_by`.'),
  })
  .describe('Which matches count.')

export const suppressConfig = z
  .strictObject({
    alertWindow: duration('30m').describe(
      'An alert with the same content is worked on once within this time. `0s` switches it off.',
    ),
    matchWindow: duration('10m').describe(
      'A match is reported once within this time, for its scope. `0s` switches it off.',
    ),
    scope: z
      .enum(['agent', 'observable'])
      .default('agent')
      .describe(
        '`agent`: once per observable and agent, so that a new agent is always reported. `observable`: once per observable anywhere.',
      ),
    maxAlerts: z
      .int()
      .min(1000)
      .default(200_000)
      .describe('Most alerts remembered for `alertWindow`; the oldest are forgotten first.'),
  })
  .describe('Sparing people repeats.')

export type PolicyConfig = z.infer<typeof policyConfig>
export type SuppressConfig = z.infer<typeof suppressConfig>
