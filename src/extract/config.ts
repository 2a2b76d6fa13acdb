import { z } from 'zod'

const EXTRA_FIELD_TYPES = ['ip', 'domain', 'url', 'email', 'hash', 'text', 'ignore'] as const

export const extractConfig = z
  .strictObject({
    freeText: z
      .boolean()
      .default(true)
      .describe('Search fields that are not in the field table, and raw log text, for observables.'),
    fields: z
      .record(z.string().min(1), z.enum(EXTRA_FIELD_TYPES))
      .default({})
      .describe(
        'Own fields: dotted path (`data.my_app.client`) → what it holds. Wins over the built-in table; `ignore` skips the field.',
      ),
    ignoreIntegrations: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'More values of `data.integration` or of `rule.groups` whose alerts are dropped, beside the threat-intelligence integrations known. Of Wazuh 5: names of integrations and decoders, and tags of rules.',
      ),
    maxObservables: z
      .int()
      .min(1)
      .default(1000)
      .describe('Most observables taken from one alert; the rest is counted.'),
  })
  .describe('Finding observables in alerts.')

export type ExtractConfig = z.infer<typeof extractConfig>
