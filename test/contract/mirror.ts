import { indicatorValues } from '../../src/canonical/indicator-value.ts'
import type { Indicator } from '../../src/core/indicator.ts'
import type { MatchKind } from '../../src/core/match.ts'
import type { Observable, ObservableType } from '../../src/core/observable.ts'
import type { ChangeSet } from '../../src/core/ports.ts'
import type { Mirror } from '../../src/intel/mirror/mirror.ts'

/** An indicator of a value in its canonical form; its `ref` is the value unless another is given. */
export function indicator(type: ObservableType, value: string, more: Partial<Indicator> = {}): Indicator {
  const base = { provider: 'feeds', source: 'test', ref: value, sourceType: type, tags: [] }
  return { type, value, ...base, ...more }
}

/** The same from a provider's text, which may be written in any way. */
export function indicatorsOf(text: string, more: Partial<Indicator> = {}): readonly Indicator[] {
  return indicatorValues(text).map(({ type, value }) => indicator(type, value, more))
}

export function observable(type: ObservableType, value: string): Observable {
  return { type, value, where: ['data.field'] }
}

export function replaceWith(unit: string, indicators: readonly Indicator[]): ChangeSet {
  return {
    kind: 'replace',
    unit,
    load: async function* () {
      yield await Promise.resolve(indicators)
    },
  }
}

export const noAbort = new AbortController().signal

export function fill(mirror: Mirror, indicators: readonly Indicator[], unit = 'unit'): Promise<void> {
  return mirror.apply('feeds', replaceWith(unit, indicators), noAbort)
}

/** What was found, as `<kind> <value>`, sorted. */
export function kinds(mirror: Mirror, type: ObservableType, value: string): string[] {
  return mirror
    .find(observable(type, value))
    .map(({ indicator: one, kind }): `${MatchKind} ${string}` => `${kind} ${one.value}`)
    .toSorted()
}
