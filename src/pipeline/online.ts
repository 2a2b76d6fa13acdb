import type { Alert, EpochMs } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import { toAppError } from '../core/errors.ts'
import type { ComponentId } from '../core/indicator.ts'
import type { MatchedIndicator, MatchVia } from '../core/match.ts'
import { observableKey, type Observable, type ObservableKey } from '../core/observable.ts'
import type { PatternHolds } from '../core/pattern-facts.ts'
import type { IntelProvider, Lookup } from '../core/ports.ts'
import type { Verdict } from '../core/verdict.ts'
import { isHostNamed, judgeAnswers, type Analysis, type Judged, type Unanswered } from './analyse.ts'
import { createPatience } from './patience.ts'
import type { AlertPatterns } from './patterns.ts'
import type { Policy } from './policy.ts'
import type { PendingAlert } from './pending-chunk.ts'
import type { PendingQuestion } from './schema.ts'

/** A provider that can be asked. */
export type OnlineProvider = IntelProvider & { readonly lookup: Lookup }

export interface OnlineResult {
  readonly analyses: readonly Analysis[]
  /** What could not be asked, or was not answered in time, by provider. */
  readonly unanswered: ReadonlyMap<ComponentId, readonly PendingAlert[]>
  /** Answers about an alert that could not be judged, by a defect: what the mirror knows of it is in `analyses` all the same. */
  readonly failed: readonly FailedAlert[]
}

/** An alert that could not be worked on, by a defect. */
export interface FailedAlert {
  readonly alert: Alert
  readonly error: unknown
}

/** Asks the providers about everything in these alerts that may be asked, and judges anew what they answer. */
export type AskOnline = (analyses: readonly Analysis[], signal: AbortSignal) => Promise<OnlineResult>

export interface OnlineParts {
  readonly providers: readonly OnlineProvider[]
  readonly policy: Policy
  readonly patterns: AlertPatterns
  /** How long to wait for answers; what comes later is in the provider's cache when it is asked again. */
  readonly patienceMs: number
  readonly clock: Clock
}

type Verdicts = ReadonlyMap<ObservableKey, Verdict>

/** What one provider was asked, and what it has answered so far. */
interface Asked {
  readonly provider: ComponentId
  readonly questions: ReadonlyMap<ObservableKey, Observable>
  readonly verdicts: Verdicts
}

export function createAskOnline(parts: OnlineParts): AskOnline {
  const { providers, patienceMs, clock } = parts
  const withPatience = createPatience({ ms: patienceMs, clock })
  return async (analyses, signal) => {
    const asking = providers.flatMap((provider) => {
      const questions = questionsOf(provider, analyses)
      const verdicts = new Map<ObservableKey, Verdict>()
      return questions.size === 0 ? [] : [{ provider, questions, verdicts }]
    })
    if (asking.length === 0) return { analyses, unanswered: new Map(), failed: [] }
    await withPatience({
      values: asking.reduce((sum, { questions }) => sum + questions.size, 0),
      signal,
      run: async (working) => {
        await Promise.all(
          asking.map(({ provider, questions, verdicts }) =>
            askEach(provider.lookup, questions, { verdicts, signal: working }),
          ),
        )
      },
    })
    // What is answered from now on is not looked at: a copy.
    const asked = asking.map<Asked>(({ provider, questions, verdicts }) => ({
      provider: provider.id,
      questions,
      verdicts: new Map(verdicts),
    }))
    const now = clock.now()
    const failed: FailedAlert[] = []
    const judged = analyses.map((analysis) => {
      try {
        return withAnswers(analysis, asked, { ...parts, now })
      } catch (error) {
        failed.push({ alert: analysis.alert, error })
        return analysis
      }
    })
    return { analyses: judged, unanswered: unansweredOf(judged), failed }
  }
}

/**
 * Asks for each observable by itself, so that an answer that is known does not wait for one that is not: the layers below
 * bring them together. Never rejects: a look-up that breaks its contract and does has given no answer.
 */
export async function askEach(
  lookup: Lookup,
  questions: ReadonlyMap<ObservableKey, Observable>,
  { verdicts, signal }: { readonly verdicts: Map<ObservableKey, Verdict>; readonly signal: AbortSignal },
): Promise<void> {
  await Promise.all(
    [...questions].map(async ([key, observable]) => {
      const verdict = await verdictOf(lookup, observable, signal)
      if (verdict !== undefined) verdicts.set(key, verdict)
    }),
  )
}

async function verdictOf(
  lookup: Lookup,
  observable: Observable,
  signal: AbortSignal,
): Promise<Verdict | undefined> {
  try {
    return (await lookup([observable], signal)).get(observableKey(observable))
  } catch (error) {
    return { kind: 'unanswered', error: toAppError(error, 'A look-up failed unexpectedly') }
  }
}

function isAskable({ observable, excluded }: Judged): boolean {
  return excluded === undefined && observable.derived !== true
}

function questionsOf(
  provider: OnlineProvider,
  analyses: readonly Analysis[],
): ReadonlyMap<ObservableKey, Observable> {
  const questions = new Map<ObservableKey, Observable>()
  for (const { judged } of analyses) {
    for (const each of judged) {
      const { observable, indicators } = each
      if (!isAskable(each) || !provider.types.has(observable.type)) continue
      const known = indicators.some(({ indicator }) => indicator.provider === provider.id)
      if (asks(provider, observable, known)) questions.set(observableKey(observable), observable)
    }
  }
  return questions
}

/** One that cannot say whether it is to be asked is asked. */
function asks(provider: OnlineProvider, observable: Observable, known: boolean): boolean {
  try {
    return provider.asks?.(observable, known) !== false
  } catch {
    return true
  }
}

function withAnswers(
  analysis: Analysis,
  asked: readonly Asked[],
  { policy, patterns, now }: Pick<OnlineParts, 'policy' | 'patterns'> & { readonly now: EpochMs },
): Analysis {
  const all = analysis.judged.map(({ observable }) => observable)
  const holds = patterns(analysis.alert, all)
  const judged = analysis.judged.map((each) => {
    if (!isAskable(each)) return each
    const key = observableKey(each.observable)
    const verdicts = asked.flatMap((one) => one.verdicts.get(key) ?? [])
    const found = verdicts.some(({ kind }) => kind === 'hit')
      ? judgeVerdicts(
          { judged: each, verdicts, hostNamed: isHostNamed(each.observable, all), holds },
          policy,
          now,
        )
      : each
    const open = asked
      .filter(({ questions }) => questions.has(key))
      .filter((one) => isOpen(one.verdicts.get(key), found))
      .map(({ provider, verdicts: given }) => unansweredBy(provider, given.get(key)))
    return open.length === 0 ? found : { ...found, unanswered: open }
  })
  return { ...analysis, judged }
}

function unansweredBy(provider: ComponentId, verdict: Verdict | undefined): Unanswered {
  return verdict?.kind === 'unanswered' ? { provider, error: verdict.error } : { provider }
}

/** Whether a provider is to be asked again, for want of an answer or because only part of one came and that does not count. */
export function isOpen(verdict: Verdict | undefined, { indicators, suppressedBy }: Judged): boolean {
  if (verdict === undefined || verdict.kind === 'unanswered') return true
  if (verdict.kind === 'miss' || verdict.partial !== true) return false
  return indicators.length === 0 || suppressedBy.length > 0
}

export interface VerdictsOf {
  readonly judged: Judged
  readonly verdicts: readonly Verdict[]
  readonly hostNamed: boolean
  /** For the alert it is of. */
  readonly holds: PatternHolds
}

/** An observable with the hits among some verdicts added. */
export function judgeVerdicts(
  { judged, verdicts, hostNamed, holds }: VerdictsOf,
  policy: Policy,
  now: EpochMs,
): Judged {
  const hits = verdicts.filter((verdict) => verdict.kind === 'hit')
  const found = hits.flatMap<MatchedIndicator>(({ indicators }) => indicators)
  const result = judgeAnswers({ judged, found, hostNamed, holds }, policy, now)
  if (result === judged) return judged
  const via: MatchVia = hits.some((hit) => hit.via !== 'cache') ? 'online' : 'cache'
  return { ...result, via, ...(hits.some(({ stale }) => stale === true) ? { stale: true } : {}) }
}

function unansweredOf(analyses: readonly Analysis[]): OnlineResult['unanswered'] {
  const pending = new Map<ComponentId, PendingAlert[]>()
  for (const { alert, judged } of analyses) {
    const all = judged.map(({ observable }) => observable)
    for (const provider of new Set(
      judged.flatMap(({ unanswered = [] }) => unanswered.map((each) => each.provider)),
    )) {
      const questions = judged
        .filter(({ unanswered = [] }) => unanswered.some((each) => each.provider === provider))
        .map<PendingQuestion>(({ observable }) => ({ observable, hostNamed: isHostNamed(observable, all) }))
      const alerts = pending.get(provider) ?? []
      pending.set(provider, alerts)
      alerts.push({ alert, questions })
    }
  }
  return pending
}
