import type { ErrorCode } from '../../core/errors.ts'
import { createProvider } from '../../intel/registry.ts'
import { createAlertDedup } from '../../pipeline/alert-dedup.ts'
import { toMatch } from '../../pipeline/analyse.ts'
import { createAskOnline } from '../../pipeline/online.ts'
import { createMatchSuppression } from '../../pipeline/suppress.ts'
import { createMemoryStore } from '../../store/memory/memory.ts'
import { sumsBy } from '../../telemetry/samples.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { askedOnly } from '../offline.ts'
import { isOnline } from '../online.ts'
import { ratio } from './measure/tally.ts'
import type { LookUps, Requests } from './schema.ts'
import type { Subject } from './subject.ts'

/** `late`: not answered within `online.patience`. */
export type UnansweredReason = ErrorCode | 'late'

/** What became of one alert. */
export interface Taken {
  readonly ms: number
  /** Until the providers are asked: decoding, deduplication, extraction, mirror, policy. */
  readonly localMs: number
  readonly observables: number
  readonly matches: number
  /** One for each look-up that got no answer. */
  readonly unanswered: readonly UnansweredReason[]
}

/**
 * The way of an alert as the daemon composes it, from the bytes of its line to the matches that would be delivered: decode, repeats,
 * loop guard, extract, mirror, providers behind their layers, policy, suppression. Nothing is written, no sighting is sent.
 */
export interface AlertPath {
  take(line: Buffer, signal: AbortSignal): Promise<Taken>
  lookUps(): Promise<LookUps>
  requests(): Promise<Requests>
  close(): Promise<void>
}

export interface PathOptions {
  /** Answers, alerts and matches remembered are so few that memory soon grows for no good reason any more. */
  readonly smallCaches?: true
}

/** Answers kept where the daemon has its store. */
const MAX_ANSWERS = 200_000
const FEW = 1000
const FEW_IN_MEMORY = 100

/**
 * Providers are made anew with empty caches, so that one suite does not profit from the one before. They are asked, whatever their
 * mode.
 */
export async function openPath(subject: Subject, { smallCaches }: PathOptions = {}): Promise<AlertPath> {
  const telemetry = subject.telemetry()
  const parts = await partsOf(subject, telemetry, smallCaches === true)
  let offset = 0
  return {
    take: (line, signal) => {
      const at = offset
      offset += line.length + 1
      return takeOne({ line, offset: at, signal }, subject, parts)
    },
    lookUps: async () => lookUpsOf(await sumsBy(telemetry.metrics, 'lookup_values_total', 'from')),
    requests: async () => requestsOf(await sumsBy(telemetry.metrics, 'provider_requests_total', 'outcome')),
    close: async () => {
      await Promise.all(parts.providers.map((provider) => provider.close()))
      await parts.store.close()
    },
  }
}

type Parts = Awaited<ReturnType<typeof partsOf>>

async function partsOf(
  { config, offline, clock, platforms }: Subject,
  telemetry: Telemetry,
  isSmall: boolean,
) {
  const store = createMemoryStore({ clock, maxEntries: isSmall ? FEW : MAX_ANSWERS })
  const few = isSmall ? { cacheEntries: FEW_IN_MEMORY, cacheStored: FEW } : {}
  const suppress = { ...config.suppress, ...(isSmall ? { maxAlerts: FEW } : {}) }
  const common = { telemetry, store, stateDir: config.stateDir, once: true } as const
  const all = [...platforms].map(([id, settings]) =>
    createProvider({ ...common, id, config: { ...askedOnly(settings), ...few } }),
  )
  const providers = (await Promise.all(all)).filter(isOnline)
  const { policy, patterns } = offline
  const patienceMs = config.online.patience
  return {
    store,
    providers,
    askOnline: createAskOnline({ providers, policy, patterns, patienceMs, clock }),
    dedup: createAlertDedup({ config: suppress, clock, twins: false }),
    suppression: createMatchSuppression(suppress, store, clock),
  }
}

interface Line {
  readonly line: Buffer
  readonly offset: number
  readonly signal: AbortSignal
}

async function takeOne({ line, offset, signal }: Line, subject: Subject, parts: Parts): Promise<Taken> {
  const { decode, offline, clock } = subject
  const { askOnline, dedup, suppression } = parts
  const started = clock.monotonic()
  const decoded = decode(line, 'bench', offset)
  if (decoded.kind !== 'alert') throw new Error('A sample alert does not decode')
  if (!dedup.isNew(decoded.alert)) return nothing(clock.monotonic() - started)
  const analysis = offline.analyse(decoded.alert)
  const localMs = clock.monotonic() - started
  const { analyses, failed } = await askOnline([analysis], signal)
  if (failed[0] !== undefined) throw failed[0].error
  const judged = analyses.flatMap((one) => one.judged)
  const matches = analyses.flatMap((one) =>
    one.judged.flatMap((each) => toMatch(one, each, offline.policy, clock.now()) ?? []),
  )
  const reported = matches.length === 0 ? [] : await suppression.claim(matches)
  if (reported.length > 0) await suppression.confirm(reported)
  return {
    ms: clock.monotonic() - started,
    localMs,
    observables: judged.length,
    matches: matches.length,
    unanswered: judged.flatMap(({ unanswered = [] }) => unanswered.map(({ error }) => error?.code ?? 'late')),
  }
}

function nothing(ms: number): Taken {
  return { ms, localMs: ms, observables: 0, matches: 0, unanswered: [] }
}

function lookUpsOf(counts: ReadonlyMap<string, number>): LookUps {
  const of = (from: string): number => counts.get(from) ?? 0
  const cached = of('cache') + of('stale')
  return {
    values: cached + of('online') + of('unanswered'),
    from_cache: cached,
    from_provider: of('online'),
    unanswered: of('unanswered'),
    cache_share: ratio(cached, cached + of('online')),
  }
}

/** What came since. */
export function lookUpsSince(now: LookUps, before: LookUps): LookUps {
  const cached = now.from_cache - before.from_cache
  const asked = now.from_provider - before.from_provider
  return {
    values: now.values - before.values,
    from_cache: cached,
    from_provider: asked,
    unanswered: now.unanswered - before.unanswered,
    cache_share: ratio(cached, cached + asked),
  }
}

/** What came since. */
export function requestsSince(now: Requests, before: Requests): Requests {
  const byOutcome = Object.entries(now.by_outcome).map(([outcome, count]): [string, number] => [
    outcome,
    count - (before.by_outcome[outcome] ?? 0),
  ])
  return {
    total: now.total - before.total,
    failed: now.failed - before.failed,
    by_outcome: Object.fromEntries(byOutcome.filter(([, count]) => count > 0)),
  }
}

/** One that was ended by this program is none that failed. */
function requestsOf(outcomes: ReadonlyMap<string, number>): Requests {
  const counted = [...outcomes].filter(([outcome]) => outcome !== 'aborted')
  const total = counted.reduce((sum, [, count]) => sum + count, 0)
  return { total, failed: total - (outcomes.get('ok') ?? 0), by_outcome: Object.fromEntries(counted) }
}
