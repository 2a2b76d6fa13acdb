import { z } from 'zod'
import { duration, size } from '../core/config-types.ts'
import { TLP } from '../core/indicator.ts'
import { EXCLUSIONS } from '../core/observable.ts'

const listNames = (text: string) => z.array(z.string().min(1)).default([]).describe(text)

const warningListsConfig = z
  .strictObject({
    folders: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Folders of MISP warning-lists: `lists/` of misp-warninglists, or any folder of `list.json` files.',
      ),
    suppress: listNames('Lists, by name or folder name, whose hits are held back, whatever the default.'),
    annotate: listNames('Lists whose hits are reported with the name of the list.'),
    ignore: listNames('Lists that are not used.'),
  })
  .describe(
    'MISP warning-lists: well-known values that are no threat. Defaults for each list are in docs/matching.md.',
  )

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
      .describe(
        'Hold back indicators that say they are not meant for detection (MISP `to_ids` false). Those of an OpenCTI have a setting of their own.',
      ),
    opencti: z
      .strictObject({
        requireDetection: z
          .boolean()
          .default(false)
          .describe(
            'Hold back indicators of OpenCTI with `x_opencti_detection` false. That is its default, and many feeds leave it.',
          ),
        mainTypes: z
          .array(z.string().min(1))
          .default([])
          .describe(
            'Hold back indicators of OpenCTI with another `x_opencti_main_observable_type` (`IPv4-Addr`, `StixFile` …). Those that state none, or `Unknown`, pass. Empty: all pass.',
          ),
      })
      .prefault({})
      .describe('What OpenCTI says in its own way.'),
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
    tags: z
      .strictObject({
        require: z
          .array(z.string().min(1))
          .default([])
          .describe(
            'Indicators without any of these tags are held back. `*` stands for any text. Empty: none needed.',
          ),
        exclude: z
          .array(z.string().min(1))
          .default([])
          .describe('Indicators with any of these tags are held back. `*` stands for any text.'),
      })
      .prefault({})
      .describe('Tags in and out, their own and their event’s; upper and lower case are the same.'),
    maxTlp: z
      .enum(TLP)
      .default('red')
      .describe('Indicators with a stricter TLP are held back. Those that state none pass.'),
    falsePositiveRisk: z
      .enum(['low', 'medium', 'cannot-be-judged', 'high', 'off'])
      .default('high')
      .describe(
        'Indicators tagged `false-positive:risk` with this level or a higher one are held back; `off`: none is.',
      ),
    warningLists: warningListsConfig.prefault({}),
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
      .describe(
        'Most alerts remembered for `alertWindow`; the oldest are forgotten first, half of them at a time.',
      ),
  })
  .describe('Sparing people repeats.')

export const catchUpConfig = z
  .strictObject({
    threads: z
      .int()
      .min(0)
      .max(8)
      .default(1)
      .describe(
        'Most threads that help to examine alerts while there is a backlog; each takes up to one core and about 60 MB then. `0`: none. A backlog are reads of 256 KiB and more. Without effect where a provider is asked online, or archives.json is read beside alerts.json.',
      ),
  })
  .describe('Reading what was written while Tripline was stopped or slow.')

export const onlineConfig = z
  .strictObject({
    patience: duration('2s').describe(
      'How long a batch of alerts waits for online answers; what comes later is reported as a delayed match.',
    ),
    pending: z
      .strictObject({
        maxAlerts: z.int().min(100).default(1_000_000).describe('Most alerts that wait for an answer.'),
        maxBytes: size('2GiB').describe('Most space they take, packed, in the state directory.'),
        maxAge: duration('7d').describe('Alerts that waited longer are given up and counted.'),
        atLimit: z
          .enum(['wait', 'drop-oldest'])
          .default('wait')
          .describe('At a limit: `wait`, and read no further alerts, or `drop-oldest`, which is counted.'),
      })
      .prefault({})
      .describe('What could not be asked waits here, also over a restart, and is asked again.'),
  })
  .describe('Online look-ups.')

export type OnlineConfig = z.infer<typeof onlineConfig>
export type PolicyConfig = z.infer<typeof policyConfig>
export type SuppressConfig = z.infer<typeof suppressConfig>
