import { AppError } from '../../core/errors.ts'
import type { Allowance } from './budget.ts'
import { SUITE_NAMES, type SuiteName } from './names.ts'
import type { PlatformConfig } from './subject.ts'

export type Against = 'fakes' | 'configuration'

/** What somebody asks for; the rest is as `DEFAULTS` have it. */
export interface Wishes {
  /** All when empty. */
  readonly suites: readonly string[]
  readonly alerts?: number
  readonly seconds?: number
  readonly concurrency?: readonly number[]
  readonly seed: number
}

export interface Plan {
  readonly against: Against
  /** In the order they run. */
  readonly suites: readonly SuiteName[]
  /** Of `performance`, and of each level of `scalability`. */
  readonly alerts: number
  /** Of `reliability`. */
  readonly seconds: number
  readonly concurrency: readonly number[]
  readonly seed: number
  readonly warmUp: number
  /** Of `resources`. */
  readonly resourceAlerts: number
  /** After so many alerts of `resources` their values come back. */
  readonly resourceValues: number
  /** Of `reliability`; undefined: as fast as it goes. */
  readonly perSecond: number | undefined
  /** Alerts at a time, of `reliability` and `resources`. */
  readonly sustainedAtOnce: number
  /** Of a suite but `reliability`, and of each level of `scalability`. */
  readonly limitMs: number
}

const DEFAULTS = {
  fakes: { alerts: 500, seconds: 10 },
  configuration: { alerts: 50, seconds: 10 },
} as const
const DEFAULT_CONCURRENCY = [1, 4, 16] as const

/** Gentle with servers that others work with; the fakes serve nobody else. */
const MOST = {
  fakes: { alerts: 200_000, seconds: 3600 },
  configuration: { alerts: 2000, seconds: 600 },
} as const
const MOST_CONCURRENCY = 64
const MOST_LEVELS = 8
const MAX_WARM_UP = 100
/** So many times the alerts of `performance` are those of `resources`; servers of one's own are asked for their values once. */
const ROUNDS = 40
/** The same with new values, of the fakes. */
const FAKE_ROUNDS = 4
const OWN_PER_SECOND = 5
const LIMIT_MS = 60_000
const FAKES_LIMIT_MS = 300_000

/** Throws CONFIG_INVALID with a sentence about what is no good. */
export function planOf(wishes: Wishes, against: Against): Plan {
  const isFake = against === 'fakes'
  const { alerts = DEFAULTS[against].alerts, seconds = DEFAULTS[against].seconds } = wishes
  const concurrency = [...new Set(wishes.concurrency ?? DEFAULT_CONCURRENCY)].toSorted((a, b) => a - b)
  const server = isFake ? 'the built-in fakes' : 'providers of your own'
  within('--alerts', alerts, { least: 1, most: MOST[against].alerts, server })
  within('--seconds', seconds, { least: 1, most: MOST[against].seconds, server })
  if (concurrency.length > MOST_LEVELS)
    throw refuse(`--concurrency takes ${MOST_LEVELS} numbers at most, not ${concurrency.length}`)
  for (const level of concurrency)
    within('--concurrency', level, { least: 1, most: MOST_CONCURRENCY, server })
  return {
    against,
    suites: suitesOf(wishes.suites),
    alerts,
    seconds,
    concurrency,
    seed: wishes.seed,
    warmUp: Math.min(MAX_WARM_UP, Math.ceil(alerts / 10)),
    resourceAlerts: (isFake ? FAKE_ROUNDS : ROUNDS) * alerts,
    resourceValues: isFake ? Infinity : alerts,
    perSecond: isFake ? undefined : OWN_PER_SECOND,
    sustainedAtOnce: isFake ? 16 : 4,
    limitMs: isFake ? FAKES_LIMIT_MS : LIMIT_MS,
  }
}

function suitesOf(names: readonly string[]): readonly SuiteName[] {
  const unknown = names.find((name) => !SUITE_NAMES.some((suite) => suite === name))
  if (unknown !== undefined) throw refuse(`There is no suite «${unknown.slice(0, 40)}»`)
  return names.length === 0 ? SUITE_NAMES : SUITE_NAMES.filter((suite) => names.includes(suite))
}

interface Bounds {
  readonly least: number
  readonly most: number
  readonly server: string
}

function within(option: string, value: number, { least, most, server }: Bounds): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return
  throw refuse(
    `${option} takes a number from ${least} to ${most.toLocaleString('en')} against ${server}, not ${value}`,
  )
}

function refuse(message: string): AppError {
  return new AppError('CONFIG_INVALID', message, {
    hint: `The suites are ${SUITE_NAMES.join(', ')}; \`tripline bench --help\` has examples.`,
  })
}

/** Alerts about which something new may be asked, over all suites. */
function askedAlerts({
  suites,
  alerts,
  warmUp,
  concurrency,
  seconds,
  perSecond = 0,
  resourceValues,
}: Plan): number {
  const of: Readonly<Record<SuiteName, number>> = {
    compatibility: 0,
    performance: warmUp + alerts,
    scalability: concurrency.length * alerts,
    reliability: seconds * perSecond,
    resources: resourceValues,
  }
  return suites.reduce((sum, suite) => sum + of[suite], 0)
}

/** An alert is one question or two, as its values come together; an OpenCTI is asked a second time about what it knows. */
const REQUESTS_AN_ALERT = { misp: 2, opencti: 4 } as const
/** Checks of `compatibility`, and what a new connection asks first. */
const REQUESTS_BESIDE = 40

/** How often each provider is asked at most: what is planned, which is enforced. */
export function allowancesOf(
  plan: Plan,
  platforms: ReadonlyMap<string, PlatformConfig>,
): ReadonlyMap<string, Allowance> {
  return new Map(
    [...platforms].map(([id, { type, connections }]) => {
      const most =
        plan.against === 'fakes' ? Infinity : askedAlerts(plan) * REQUESTS_AN_ALERT[type] + REQUESTS_BESIDE
      return [id, { most, atOnce: connections }]
    }),
  )
}

/** For what is under way when a time is up, and platforms that do not answer at all. */
const SLACK_MS = 60_000

/** The longest a run may take, in minutes, beside the loading of feeds. */
export function mostMinutes({ suites, limitMs, concurrency, seconds }: Plan): number {
  const of: Readonly<Record<SuiteName, number>> = {
    compatibility: limitMs,
    performance: 2 * limitMs,
    scalability: concurrency.length * limitMs,
    reliability: seconds * 1000,
    resources: limitMs,
  }
  return Math.ceil(suites.reduce((sum, suite) => sum + of[suite], SLACK_MS) / 60_000)
}
