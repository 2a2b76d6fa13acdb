import type { Alert, EpochMs } from '../core/alert.ts'
import type { HoldReason, Match } from '../core/match.ts'
import { observableKey, type ObservableKey } from '../core/observable.ts'
import type { PatternHolds } from '../core/pattern-facts.ts'
import type { Verdict } from '../core/verdict.ts'
import { toMatch, type Judged } from './analyse.ts'
import { isOpen, judgeVerdicts } from './online.ts'
import type { AlertPatterns } from './patterns.ts'
import type { KeptAlert } from './pending-chunk.ts'
import type { PendingChunk } from './pending.ts'
import type { Policy } from './policy.ts'
import { parseAlertText, type PendingQuestion } from './schema.ts'

/** What became of a chunk of pending alerts. */
export interface ChunkResult {
  readonly matches: readonly Match[]
  readonly held: readonly HoldReason[]
  readonly left: readonly KeptAlert[]
  /** Alerts whose text could not be read back, and why. */
  readonly damaged: readonly { readonly text: string; readonly error: unknown }[]
  /** Alerts with a value about which the provider never says more. */
  readonly unanswerable: readonly KeptAlert[]
}

/** The late matches of a chunk, and what is still unanswered of it. */
export function judgeChunk(
  { alerts, since }: PendingChunk,
  verdicts: ReadonlyMap<ObservableKey, Verdict>,
  judging: Omit<Judging, 'since'>,
): ChunkResult {
  const matches: Match[] = []
  const held: HoldReason[] = []
  const left: KeptAlert[] = []
  const damaged: { readonly text: string; readonly error: unknown }[] = []
  const unanswerable: KeptAlert[] = []
  for (const kept of alerts) {
    try {
      const resolved = resolve(kept, verdicts, { ...judging, since })
      matches.push(...resolved.matches)
      held.push(...resolved.held)
      if (resolved.isGivenUp) unanswerable.push(kept)
      if (resolved.open.length === kept.questions.length) left.push(kept)
      else if (resolved.open.length > 0) left.push({ ...kept, questions: resolved.open })
    } catch (error) {
      // Its text, or a defect: one alert must not stop those behind it for ever.
      damaged.push({ text: kept.text, error })
    }
  }
  return { matches, held, left, damaged, unanswerable }
}

interface Judging {
  readonly policy: Policy
  readonly patterns: AlertPatterns
  readonly since: EpochMs
  readonly now: EpochMs
}

interface Resolved {
  readonly open: readonly PendingQuestion[]
  readonly matches: readonly Match[]
  readonly held: readonly HoldReason[]
  readonly isGivenUp: boolean
}

/** Throws when its text cannot be read back. */
function resolve(kept: KeptAlert, verdicts: ReadonlyMap<ObservableKey, Verdict>, judging: Judging): Resolved {
  let parsed: Alert | undefined
  const alertOf = (): Alert => (parsed ??= parseAlertText(kept.text))
  const { open, found, isGivenUp } = judgeKept(kept, verdicts, { ...judging, alertOf })
  const matches: Match[] = []
  const held: HoldReason[] = []
  for (const judged of found) {
    const match = toMatch({ alert: alertOf() }, judged, judging.policy, judging.now)
    if (match !== undefined) matches.push(match)
    else held.push(...judged.suppressedBy)
  }
  return { open, matches, held, isGivenUp }
}

interface Judgement {
  readonly open: readonly PendingQuestion[]
  readonly found: readonly Judged[]
  readonly isGivenUp: boolean
}

/** What is still open of an alert, and what was found. */
function judgeKept(
  { questions }: KeptAlert,
  verdicts: ReadonlyMap<ObservableKey, Verdict>,
  { policy, patterns, since, now, alertOf }: Judging & { readonly alertOf: () => Alert },
): Judgement {
  const open: PendingQuestion[] = []
  const found: Judged[] = []
  let isGivenUp = false
  let inAlert: PatternHolds | undefined
  const holds: PatternHolds = (pattern) => (inAlert ??= patterns(alertOf()))(pattern)
  for (const question of questions) {
    const { observable, hostNamed } = question
    const verdict = verdicts.get(observableKey(observable))
    const unknown: Judged = { observable, indicators: [], suppressedBy: [], delayedSince: since }
    const given = verdict === undefined ? [] : [verdict]
    const judged = judgeVerdicts({ judged: unknown, verdicts: given, hostNamed, holds }, policy, now)
    if (verdict?.kind === 'unanswered' && verdict.final === true) isGivenUp = true
    else if (isOpen(verdict, judged)) open.push(question)
    else if (judged.indicators.length > 0) found.push(judged)
  }
  return { open, found, isGivenUp }
}
