import { describe, expect, it } from 'vitest'
import {
  benchReportSchema,
  type BenchReport,
  type ProviderChecks,
  type SuiteResult,
} from '../app/bench/schema.ts'
import { reportText } from './bench-text.ts'

const ENDED: Pick<SuiteResult, 'passed' | 'reasons' | 'ended' | 'duration_seconds'> = {
  passed: true,
  reasons: [],
  ended: 'done',
  duration_seconds: 2,
}
const REQUESTS = { total: 1200, failed: 3, by_outcome: { ok: 1197, PROVIDER_UNREACHABLE: 3 } }
const MS = { mean: 8.5, p50: 8, p95: 12.5, p99: 20, max: 40 }
const RANGE = { before: 1048576, peak: 3145728, after: 2097152 }
const LOOK_UPS = { values: 1000, from_cache: 190, from_provider: 800, unanswered: 10, cache_share: 0.1919 }
const COSTS = { cpu_seconds: 2.5, cpu_percent_of_core: 25, rss_bytes: RANGE, heap_bytes: RANGE }

const SUITES: readonly SuiteResult[] = [
  {
    suite: 'compatibility',
    ...ENDED,
    passed: false,
    reasons: ['misp: answer url: The answer of MISP is cut off (PROVIDER_MALFORMED)'],
    checks_passed: 3,
    checks_failed: 1,
    checks_skipped: 1,
    providers: [
      {
        provider: 'misp',
        type: 'misp',
        origin: 'https://misp.example.net',
        version: '2.5.1',
        checks: [
          { check: 'reach', status: 'passed' },
          { check: 'tls', status: 'skipped', reason: 'http: nothing is encrypted' },
          { check: 'query', of: 'ipv4', status: 'passed' },
          { check: 'query', of: 'url', status: 'passed' },
          { check: 'answer', of: 'url', status: 'failed', reason: 'cut off' },
        ],
      },
    ],
  },
  {
    suite: 'performance',
    ...ENDED,
    alerts: 1000,
    alerts_unanswered: 0,
    warm_up_alerts: 100,
    alerts_per_second: 117.4,
    ms_per_alert: MS,
    ms_without_providers: { ...MS, mean: 0.2 },
    observables: 2875,
    matches: 1,
    look_ups: LOOK_UPS,
    requests: REQUESTS,
    ...COSTS,
  },
  {
    suite: 'scalability',
    ...ENDED,
    levels: [
      {
        concurrency: 4,
        ended: 'done',
        alerts: 1000,
        alerts_unanswered: 2,
        seconds: 3,
        alerts_per_second: 333,
        ms_per_alert: MS,
        requests: REQUESTS,
        requests_per_second: 400,
        values_per_request: 14.5,
      },
    ],
  },
  {
    suite: 'reliability',
    ...ENDED,
    alerts: 5000,
    alerts_unanswered: 7,
    seconds: 10,
    alerts_per_second: 500,
    alerts_per_second_wanted: null,
    look_ups: LOOK_UPS,
    requests: REQUESTS,
    request_error_share: 0.0025,
    unanswered_share: 0.0014,
    unanswered_by_reason: { late: 7 },
    limit_share: 0.01,
  },
  {
    suite: 'resources',
    ...ENDED,
    alerts: 2000,
    alerts_unanswered: 0,
    ...COSTS,
    descriptors: { before: 20, peak: 25, after: 21 },
    garbage_collection: 'forced',
    heap_samples: [{ alerts: 2000, heap_bytes: 1 }],
    judged_alerts: 1300,
    heap_growth_bytes_per_alert: 12.5,
    heap_growth_bytes: 16250,
    limit_bytes_per_alert: 1024,
    limit_bytes: 2097152,
    limit_descriptors: 10,
    verdict: 'steady',
  },
]

const REPORT: BenchReport = {
  schema: 'tripline.bench/1',
  tripline_version: '1.0.0',
  node_version: 'v20.20.2',
  platform: 'linux x64',
  cpus: 2,
  started_at: '2026-01-01T00:00:00.000Z',
  duration_seconds: 30,
  against: 'configuration',
  providers: [
    {
      provider: 'misp',
      type: 'misp',
      origin: 'https://misp.example.net',
      most_requests: 2000,
      requests: 1200,
    },
    { provider: 'feeds', type: 'feed', most_requests: 0, requests: 0 },
  ],
  settings: { suites: ['performance'], alerts: 1000, seconds: 10, concurrency: [4], seed: 1 },
  interrupted: false,
  passed: false,
  suites: [...SUITES],
  not_run: [],
}

describe('the report as text', () => {
  it('is that of a report that fits the schema', () => {
    expect(benchReportSchema.parse(REPORT)).toEqual(REPORT)
  })

  it('tells for each suite whether it passed, why not, and its figures with their units', () => {
    expect(reportText(REPORT)).toMatchInlineSnapshot(`
      "tripline bench 1.0.0, Node.js v20.20.2, linux x64, 2 CPUs
      against the configured providers:
        misp (misp) https://misp.example.net, 1,200 requests
        feeds (feed) read from files

      compatibility: NOT PASSED (2.0 s)
        ! misp: answer url: The answer of MISP is cut off (PROVIDER_MALFORMED)
        misp 2.5.1: reach passed, tls skipped
          query passed: ipv4 url
          answer failed: url

      performance: passed (2.0 s)
        alerts             1,000, 117 a second
        ms per alert       mean 8.5, p50 8, p95 12.5, p99 20
        without providers  mean 0.2, p50 8, p95 12.5, p99 20
        CPU                2.5 s, 25 % of a core
        memory             before 1.0, at most 3.0, after 2.0 MiB
        heap               before 1.0, at most 3.0, after 2.0 MiB
        look-ups           1,000 values, 190 from the cache (19.2 %), 10 unanswered
        found              2,875 observables, 1 match

      scalability: passed (2.0 s)
              at a time       alerts/s     requests/s         p95 ms values/request     unanswered
                      4            333            400           12.5           14.5              2

      reliability: passed (2.0 s)
        alerts             5,000 in 10 s, 500 a second
        requests           1,200, 3 failed (0.25 %): ok 1,197, PROVIDER_UNREACHABLE 3
        unanswered         7 alerts (0.14 %): late 7
        look-ups           1,000 values, 190 from the cache (19.2 %), 10 unanswered
        limit              1 % of each

      resources: passed (2.0 s)
        alerts             2,000
        CPU                2.5 s, 25 % of a core
        memory             before 1.0, at most 3.0, after 2.0 MiB
        heap               before 1.0, at most 3.0, after 2.0 MiB
        open files         before 20, at most 25, after 21
        heap growth        steady: 12.5 bytes an alert over 1,300 alerts (limit 1024; garbage collection forced)

      not passed: compatibility
      "
    `)
  })

  it('says what was not run and why, and that it was interrupted', () => {
    const text = reportText({
      ...REPORT,
      interrupted: true,
      suites: [],
      not_run: [{ suite: 'resources', reason: 'interrupted' }],
    })
    expect(text).toContain('\nresources: not run: interrupted\n')
    expect(text).toMatch(/\ninterrupted: what is above was measured until then\n$/)
  })

  it('ends with the names of what did not pass, or with all passed', () => {
    expect(reportText(REPORT)).toMatch(/\nnot passed: compatibility\n$/)
    expect(reportText({ ...REPORT, suites: [], passed: true })).toMatch(/\nall suites passed\n$/)
  })

  it('lets nothing of a server act on the terminal', () => {
    const provider: ProviderChecks = { provider: 'misp', type: 'misp', version: '\u001B[2J', checks: [] }
    const [compatibility] = SUITES
    if (compatibility?.suite !== 'compatibility') throw new Error('no such suite')
    const text = reportText({ ...REPORT, suites: [{ ...compatibility, providers: [provider] }] })
    expect(text).not.toContain('\u001B')
  })
})
