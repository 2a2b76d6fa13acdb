import { availableParallelism } from 'node:os'
import { settingsSchema, type Config } from '../../config/schema.ts'
import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import { createBudget, type Budget } from './budget.ts'
import { forkFakes } from './fakes/child.ts'
import type { FakeAddresses } from './fakes/fakes.ts'
import { allowancesOf, mostMinutes, type Plan } from './plan.ts'
import type { SuiteName } from './names.ts'
import type { BenchReport, SuiteResult } from './schema.ts'
import { openSubject, platformsOf, type Subject } from './subject.ts'
import { SUITES } from './suites.ts'

export interface BenchOptions {
  readonly plan: Plan
  /** Not looked at where the plan is against the fakes. */
  readonly config: Config
  readonly clock: Clock
  readonly version: string
  /** Ends it: the report has what was measured until then. */
  readonly signal: AbortSignal
  /** Before anything is sent. */
  readonly onStart: (about: Announcement) => void
  /** While feeds are read: how many indicators. */
  readonly onLoaded: (indicators: number) => void
  readonly onProgress: (suite: SuiteName, done: number, of: number) => void
}

/** What is about to be done to whom. */
export interface Announcement {
  readonly providers: readonly { readonly id: string; readonly origin: string; readonly most: number }[]
  readonly minutes: number
}

/** Runs the suites of a plan. Rejects as `openSubject` and `forkFakes` do. */
export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const { plan, signal } = options
  if (plan.against === 'configuration') return measure(options, withoutEmptyFeeds(options.config))
  const fakes = await forkFakes(signal)
  if (fakes === undefined) {
    const notRun = plan.suites.map((suite) => ({ suite, reason: 'interrupted' }))
    return reportOf(options, beginning(options), { providers: [], suites: [], notRun })
  }
  try {
    return await measure(options, fakeConfig(fakes.addresses))
  } finally {
    await fakes.close()
  }
}

/**
 * Without the limits that spare a server: what is measured is not how long Tripline waits for them. On a busy machine an answer of
 * the fakes is late, and no fault of anybody.
 */
function fakeConfig({ misp, opencti }: FakeAddresses): Config {
  const unlimited = { rateLimit: '0ms', burstLimit: 1_000_000_000, retries: 0 }
  return settingsSchema.parse({
    online: { patience: '10s' },
    providers: {
      'fake-misp': { type: 'misp', url: misp.url, apiKey: misp.key, ...unlimited },
      'fake-opencti': { type: 'opencti', url: opencti.url, token: opencti.token, ...unlimited },
    },
  })
}

async function measure(options: BenchOptions, config: Config): Promise<BenchReport> {
  const { plan, clock, signal } = options
  const began = beginning(options)
  const platforms = platformsOf(config)
  const allowances = allowancesOf(plan, platforms)
  const budget = createBudget(allowances)
  const mostOf = (id: string): number => allowances.get(id)?.most ?? 0
  options.onStart({
    providers: [...platforms].map(([id, { url }]) => ({ id, origin: new URL(url).origin, most: mostOf(id) })),
    minutes: mostMinutes(plan),
  })
  const subject = await openSubject({ config, clock, budget, signal, onLoaded: options.onLoaded })
  try {
    const ran = await runSuites(options, { subject, budget })
    const providers = Object.entries(config.providers).map(([provider, settings]) => ({
      provider,
      type: settings.type,
      ...(settings.type === 'feed' ? {} : { origin: new URL(settings.url).origin }),
      most_requests: settings.type === 'feed' ? 0 : finite(mostOf(provider)),
      requests: budget.used(provider),
    }))
    return reportOf(options, began, { providers, ...ran })
  } finally {
    await subject.close()
  }
}

interface Beginning {
  readonly at: number
  readonly monotonic: number
}

function beginning({ clock }: BenchOptions): Beginning {
  return { at: clock.now(), monotonic: clock.monotonic() }
}

function reportOf(
  { plan, clock, signal, version }: BenchOptions,
  began: Beginning,
  { providers, suites, notRun }: Ran & Pick<BenchReport, 'providers'>,
): BenchReport {
  return {
    schema: 'tripline.bench/1',
    tripline_version: version,
    node_version: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpus: availableParallelism(),
    started_at: new Date(began.at).toISOString(),
    duration_seconds: Number(((clock.monotonic() - began.monotonic) / 1000).toFixed(3)),
    against: plan.against,
    providers,
    settings: settingsOf(plan),
    interrupted: signal.aborted,
    passed: !signal.aborted && notRun.length === 0 && suites.every(({ passed }) => passed),
    suites,
    not_run: notRun,
  }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

function settingsOf({ suites, alerts, seconds, concurrency, seed }: Plan): BenchReport['settings'] {
  return { suites: [...suites], alerts, seconds, concurrency: [...concurrency], seed }
}

interface Ran {
  readonly suites: SuiteResult[]
  readonly notRun: BenchReport['not_run']
}

/** One after another. A provider that cannot be asked is not measured: the figures would be those of its errors. */
async function runSuites(
  options: BenchOptions,
  { subject, budget }: { readonly subject: Subject; readonly budget: Budget },
): Promise<Ran> {
  const { plan, clock } = options
  const signal = AbortSignal.any([options.signal, budget.signal])
  const suites: SuiteResult[] = []
  const notRun: Ran['notRun'] = []
  for (const suite of plan.suites) {
    const reason = whyNot(suites, options, budget)
    if (reason !== undefined) {
      notRun.push({ suite, reason })
      continue
    }
    suites.push(
      await SUITES[suite]({
        plan,
        subject,
        clock,
        signal,
        because: () => (options.signal.aborted ? 'interrupted' : 'request limit'),
        onProgress: (done, of) => options.onProgress(suite, done, of),
      }),
    )
  }
  return { suites, notRun }
}

function whyNot(
  before: readonly SuiteResult[],
  { signal }: BenchOptions,
  budget: Budget,
): string | undefined {
  if (signal.aborted) return 'interrupted'
  if (budget.signal.aborted) return 'as many requests were made as may be'
  const failed = before.some(({ suite, passed }) => suite === 'compatibility' && !passed)
  return failed
    ? 'compatibility failed: there is no use in measuring a provider that cannot be asked'
    : undefined
}

/** Whether the settings name something to measure. */
export function hasProviders(config: Config): boolean {
  return Object.keys(withoutEmptyFeeds(config).providers).length > 0
}

/** There is a provider for feeds when nothing else is said, too. */
function withoutEmptyFeeds(config: Config): Config {
  const named = Object.entries(config.providers).filter(
    ([, settings]) => settings.type !== 'feed' || settings.feeds.length > 0,
  )
  return { ...config, providers: Object.fromEntries(named) }
}

/** What a configuration without providers is told. */
export function nothingToMeasure(): AppError {
  return new AppError('CONFIG_INVALID', 'The configuration names no provider to measure', {
    hint: 'Add a MISP, an OpenCTI or feeds under providers, or use the built-in fakes with --fake.',
  })
}
