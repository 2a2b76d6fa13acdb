import { z } from 'zod'
import { SUITE_NAMES, type SuiteName } from './names.ts'

/** Why a suite stopped. */
export const ENDINGS = ['done', 'time limit', 'request limit', 'interrupted'] as const
export type Ending = (typeof ENDINGS)[number]

const count = z.int().min(0)
const amount = z.number().min(0)
const share = z.number().min(0).max(1)

const common = {
  passed: z.boolean(),
  reasons: z.array(z.string()).describe('Why it did not pass, or what limits its figures.'),
  ended: z.enum(ENDINGS).describe('Figures of a suite that did not end with `done` are those until then.'),
  duration_seconds: amount.describe('Of the whole suite, with warm-up.'),
} as const

const times = z
  .strictObject({ mean: amount, p50: amount, p95: amount, p99: amount, max: amount })
  .describe('Milliseconds. Percentiles are exact to 1 %.')
export type Times = z.infer<typeof times>

const range = z.strictObject({ before: count, peak: count, after: count })

const usage = {
  cpu_seconds: amount.describe('Of this process, all threads: user and system.'),
  cpu_percent_of_core: amount.describe('CPU seconds in a second of measuring, times 100.'),
  rss_bytes: range.describe('Resident memory of the process.'),
  heap_bytes: range.describe('JavaScript heap in use.'),
} as const

const lookUps = z
  .strictObject({
    values: count.describe('Values that were looked up: an observable has one or more.'),
    from_cache: count,
    from_provider: count,
    unanswered: count,
    cache_share: share.describe('Of the answered values, those that no request was needed for.'),
  })
  .describe('Over all providers that are asked.')
export type LookUps = z.infer<typeof lookUps>

const requests = z.strictObject({
  total: count,
  failed: count,
  by_outcome: z.record(z.string(), count).describe('`ok`, or the code of the error (docs/errors.md).'),
})
export type Requests = z.infer<typeof requests>

const alerts = {
  alerts: count.describe('Alerts measured, without those of the warm-up.'),
  alerts_unanswered: count.describe('Alerts a provider did not answer everything about in time.'),
} as const

const performance = z.strictObject({
  suite: z.literal('performance'),
  ...common,
  ...alerts,
  warm_up_alerts: count,
  alerts_per_second: amount,
  ms_per_alert: times.describe('From the bytes of an alert to its matches, one alert at a time.'),
  ms_without_providers: times.describe('The same without the wait for the answers of providers.'),
  observables: count,
  matches: count,
  look_ups: lookUps,
  requests,
  ...usage,
})

const scalability = z.strictObject({
  suite: z.literal('scalability'),
  ...common,
  levels: z.array(
    z.strictObject({
      concurrency: z.int().min(1).describe('Alerts in work at a time.'),
      ended: z.enum(ENDINGS),
      ...alerts,
      seconds: amount,
      alerts_per_second: amount,
      ms_per_alert: times,
      requests,
      requests_per_second: amount,
      values_per_request: amount.describe('Values in one request, on average: those asked together.'),
    }),
  ),
})

const check = z.strictObject({
  check: z.enum(['reach', 'tls', 'authentication', 'version', 'query', 'answer']),
  of: z.string().optional().describe('Of `query` and `answer`: what was asked for.'),
  status: z.enum(['passed', 'failed', 'skipped']),
  reason: z.string().optional(),
})
export type Check = z.infer<typeof check>

const compatibility = z.strictObject({
  suite: z.literal('compatibility'),
  ...common,
  checks_passed: count,
  checks_failed: count,
  checks_skipped: count,
  providers: z.array(
    z.strictObject({
      provider: z.string(),
      type: z.enum(['misp', 'opencti', 'feed']),
      origin: z.string().optional(),
      version: z.string().optional(),
      checks: z.array(check),
    }),
  ),
})
export type ProviderChecks = z.infer<typeof compatibility>['providers'][number]

const reliability = z.strictObject({
  suite: z.literal('reliability'),
  ...common,
  ...alerts,
  seconds: amount,
  alerts_per_second: amount,
  alerts_per_second_wanted: amount.nullable().describe('Null: as fast as it goes.'),
  look_ups: lookUps,
  requests,
  request_error_share: share.describe('Failed requests of all.'),
  unanswered_share: share.describe('Unanswered alerts of all.'),
  unanswered_by_reason: z
    .record(z.string(), count)
    .describe('Look-ups: `late` (not in time), or the code of the error (docs/errors.md).'),
  limit_share: share.describe('Passed when neither share is above it.'),
})

const resources = z.strictObject({
  suite: z.literal('resources'),
  ...common,
  ...alerts,
  ...usage,
  descriptors: range.nullable().describe('Open files and sockets; null where the system does not tell.'),
  garbage_collection: z.enum(['forced', 'natural']).describe('Before each sample of the heap.'),
  heap_samples: z.array(z.strictObject({ alerts: count, heap_bytes: count })),
  judged_alerts: count.describe('Alerts between the first and the last judged sample.'),
  heap_growth_bytes_per_alert: z.number().describe('Slope of the line through the judged samples.'),
  heap_growth_bytes: z.number().describe('The same over all judged alerts.'),
  limit_bytes_per_alert: count,
  limit_bytes: count,
  limit_descriptors: count,
  verdict: z.enum(['steady', 'grows', 'undecided']),
})

export const suiteResultSchema = z.discriminatedUnion('suite', [
  performance,
  scalability,
  compatibility,
  reliability,
  resources,
])
export type SuiteResult = z.infer<typeof suiteResultSchema>
export type ResultOf<Name extends SuiteName> = Extract<SuiteResult, { readonly suite: Name }>

export const benchReportSchema = z
  .strictObject({
    schema: z.literal('tripline.bench/1'),
    tripline_version: z.string(),
    node_version: z.string(),
    platform: z.string(),
    cpus: count,
    started_at: z.iso.datetime(),
    duration_seconds: amount,
    against: z.enum(['fakes', 'configuration']),
    providers: z.array(
      z.strictObject({
        provider: z.string(),
        type: z.enum(['misp', 'opencti', 'feed']),
        origin: z.string().optional().describe('Scheme, host and port.'),
        most_requests: count.nullable().describe('It is asked no more often; null: no limit.'),
        requests: count,
      }),
    ),
    settings: z.strictObject({
      suites: z.array(z.enum(SUITE_NAMES)),
      alerts: count,
      seconds: amount,
      concurrency: z.array(z.int().min(1)),
      seed: count,
    }),
    interrupted: z.boolean(),
    passed: z.boolean(),
    suites: z.array(suiteResultSchema),
    not_run: z.array(z.strictObject({ suite: z.enum(SUITE_NAMES), reason: z.string() })),
  })
  .describe('What `tripline bench --json` gives (docs/bench.md).')
export type BenchReport = z.infer<typeof benchReportSchema>

/** The JSON Schema of a report, as text. */
export function benchJsonSchema(): string {
  const schema = { $id: 'urn:tripline:schema:bench:1', ...z.toJSONSchema(benchReportSchema, { io: 'input' }) }
  return `${JSON.stringify(schema, undefined, 2)}\n`
}
