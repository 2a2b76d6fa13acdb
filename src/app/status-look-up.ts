import { indicatorValues } from '../canonical/indicator-value.ts'
import { canonicalIp } from '../canonical/ip.ts'
import type { ComponentId } from '../core/indicator.ts'
import type { MatchedIndicator } from '../core/match.ts'
import type { Observable, ObservableType } from '../core/observable.ts'
import { clip } from '../core/text.ts'
import type { IndicatorRow, LookUpAnswer, ProviderAnswer } from '../http/page/wire.ts'
import type { Judged } from '../pipeline/analyse.ts'
import type { Policy } from '../pipeline/policy.ts'
import { lookUpOne, type LookUpParts } from './look-up.ts'

export interface Answering extends LookUpParts {
  readonly policy: Policy
  readonly providers: readonly { readonly id: ComponentId; readonly types: ReadonlySet<ObservableType> }[]
}

const MAX_INDICATORS = 20
const MAX_TEXT = 500

/** What each provider says of a value: as alerts are matched, from the mirror and by asking. Empty for what is no value. */
export async function lookUpValue(
  input: string,
  parts: Answering,
  asking: { readonly now: number; readonly signal: AbortSignal },
): Promise<readonly LookUpAnswer[]> {
  return await Promise.all(
    indicatorValues(input)
      .filter(({ value }) => !isNetwork(value))
      .map(async ({ type, value }) => {
        const special = canonicalIp(value)?.special
        const observable: Observable = {
          type,
          value,
          where: ['lookup'],
          ...(special === undefined ? {} : { special }),
        }
        return answerOf(await lookUpOne(observable, parts, asking), parts)
      }),
  )
}

function isNetwork(value: string): boolean {
  return /^[0-9a-f.:]+\/\d+$/.test(value)
}

function answerOf(judged: Judged, { providers, policy }: Answering): LookUpAnswer {
  const { observable, excluded } = judged
  return {
    type: observable.type,
    value: observable.value,
    ...(excluded === undefined ? {} : { excluded }),
    providers: providers.map((provider) => providerAnswer(provider, judged, policy)),
  }
}

function providerAnswer(
  { id, types }: Answering['providers'][number],
  { observable, excluded, indicators, unanswered = [] }: Judged,
  policy: Policy,
): ProviderAnswer {
  const own = indicators.filter(({ indicator }) => indicator.provider === id)
  const counting = own.filter(({ heldBy }) => heldBy === undefined || policy.flags(heldBy))
  const rows = own.slice(0, MAX_INDICATORS).map(rowOf)
  const answer = { provider: id, indicators: rows }
  if (excluded === undefined && counting.length > 0) return { ...answer, verdict: 'hit' }
  const open = unanswered.find(({ provider }) => provider === id)
  if (open !== undefined)
    return { ...answer, verdict: 'unanswered', reason: open.error?.message ?? 'It did not answer in time' }
  if (own.length > 0) return { ...answer, verdict: 'held', ...reasonOf(own, excluded) }
  if (excluded !== undefined) return { ...answer, verdict: 'not-asked', reason: excluded }
  if (!types.has(observable.type))
    return { ...answer, verdict: 'not-asked', reason: `It knows nothing of this type (${observable.type})` }
  return { ...answer, verdict: 'miss' }
}

function reasonOf(
  own: readonly MatchedIndicator[],
  excluded: string | undefined,
): { readonly reason?: string } {
  const reasons = excluded === undefined ? own.flatMap(({ heldBy }) => heldBy ?? []) : [excluded]
  return reasons.length === 0 ? {} : { reason: [...new Set(reasons)].join(', ') }
}

function rowOf({ indicator, kind, heldBy }: MatchedIndicator): IndicatorRow {
  return {
    value: clip(indicator.value, MAX_TEXT),
    kind,
    source: clip(indicator.source, MAX_TEXT),
    title: clip(indicator.title ?? indicator.comment ?? '', MAX_TEXT),
    tags: indicator.tags.slice(0, MAX_INDICATORS).map((tag) => clip(tag, MAX_TEXT)),
    ...(heldBy === undefined ? {} : { heldBy }),
    ...(indicator.link === undefined ? {} : { link: indicator.link }),
  }
}
