import { AppError } from '../../src/core/errors.ts'
import { OBSERVABLE_TYPES, observableKey, type Observable } from '../../src/core/observable.ts'
import type { IntelProvider, Lookup } from '../../src/core/ports.ts'
import type { Verdict } from '../../src/core/verdict.ts'
import { indicatorOf } from './index.ts'

export interface ScriptedProvider extends IntelProvider {
  readonly lookup: Lookup
  /** Every value asked for, in order. */
  readonly asked: string[]
  /** `down`: answers `unanswered`; `silent`: does not answer until `answerAll`. */
  mode: 'up' | 'down' | 'silent'
  /** Answers what was asked while silent, and all further questions. */
  answerAll(): void
}

/** A provider that knows some values exactly. */
export function scriptedProvider(
  known: readonly string[],
  options: { readonly id?: string; readonly asks?: IntelProvider['asks'] } = {},
): ScriptedProvider {
  const { id = 'misp', asks } = options
  let waiting: (() => void)[] = []

  function verdictOf({ type, value }: Observable, mode: ScriptedProvider['mode']): Verdict {
    if (mode === 'down') return { kind: 'unanswered', error: new AppError('PROVIDER_UNREACHABLE', 'down') }
    if (!known.includes(value)) return { kind: 'miss' }
    const indicator = indicatorOf({ type, value, provider: id, ref: `attribute ${value}` })
    return { kind: 'hit', indicators: [{ indicator, kind: 'exact' }] }
  }

  const provider: ScriptedProvider = {
    id,
    types: new Set(OBSERVABLE_TYPES),
    asked: [],
    mode: 'up',
    ...(asks === undefined ? {} : { asks }),
    lookup: async (observables) => {
      provider.asked.push(...observables.map(({ value }) => value))
      if (provider.mode === 'silent') await new Promise<void>((resolve) => waiting.push(resolve))
      return new Map(observables.map((each) => [observableKey(each), verdictOf(each, provider.mode)]))
    },
    answerAll: () => {
      provider.mode = 'up'
      const all = waiting
      waiting = []
      for (const answer of all) answer()
    },
    close: () => Promise.resolve(),
  }
  return provider
}
