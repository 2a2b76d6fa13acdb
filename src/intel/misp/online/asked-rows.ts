import { AppError } from '../../../core/errors.ts'
import type { ComponentId, Indicator } from '../../../core/indicator.ts'
import type { MatchedIndicator } from '../../../core/match.ts'
import { observableKey, type Observable, type ObservableKey } from '../../../core/observable.ts'
import type { RowDrop } from '../../../telemetry/events/misp-lookup.ts'
import { MISP_TYPES } from '../../feed/misp-types.ts'
import type { AttributePage, MispRow } from '../api.ts'
import type { MispConfig } from '../config.ts'
import { mispIndicators } from '../indicators/indicators.ts'
import { isPattern, mispForms } from './values.ts'

/** What was found for each term; by `Indicator.ref`, so that no statement is told twice. */
export type Findings = Map<ObservableKey, Map<string, MatchedIndicator>>

export interface AnswerReaderOptions {
  readonly provider: ComponentId
  readonly webUrl: string
  readonly config: Pick<MispConfig, 'toIds' | 'published'>
  /** What was asked for. */
  readonly terms: readonly Observable[]
  readonly found: Findings
}

/** Reads the pages of the answer to one question. */
export interface AnswerReader {
  /** Puts into `found` what was asked for, gives what was dropped. Throws PROVIDER_MALFORMED when the filter was lost. */
  take(page: AttributePage): ReadonlyMap<RowDrop, number>
  /** Rows so far. */
  rows(): number
  /** Those that have the value of one term. */
  rowsOf(key: ObservableKey): number
}

/** More rows than this that resemble nothing asked for, and more than half of a page: the server lost the filter. */
const MAX_FOREIGN = 50

/**
 * MISP's equality ignores letter case, accents, widths, blanks and more, so every row is compared again: one of its canonical
 * values must be a term. What the settings leave out is checked again, too: servers drop parts of a query silently.
 */
export function createAnswerReader(options: AnswerReaderOptions): AnswerReader {
  const { config, terms, found } = options
  const keys = new Set(terms.map(observableKey))
  let resembles: Resembles | undefined
  const counts = new Map<ObservableKey, number>()
  let rows = 0

  function use(indicator: Indicator): void {
    const key = observableKey(indicator)
    if (!keys.has(key)) return
    counts.set(key, (counts.get(key) ?? 0) + 1)
    const statements = found.get(key) ?? new Map<string, MatchedIndicator>()
    const kind = indicator.composite === undefined ? 'exact' : 'composite'
    found.set(key, statements.set(indicator.ref, { indicator, kind }))
  }

  function judge(row: MispRow): RowDrop | undefined {
    const indicators = mispIndicators(row, options)
    if (indicators.length === 0) return MISP_TYPES.has(row.type) ? 'not_a_value' : 'unsupported_type'
    if (!indicators.some((indicator) => keys.has(observableKey(indicator)))) return 'not_asked'
    if (!isWanted(row, config)) return 'filtered'
    indicators.forEach(use)
    return undefined
  }

  return {
    take: (page) => {
      rows += page.rows.length
      const drops = new Map<RowDrop, number>()
      let foreign = 0
      const drop = (reason: RowDrop, by: number): unknown =>
        by > 0 && drops.set(reason, (drops.get(reason) ?? 0) + by)
      drop('malformed', page.malformed)
      for (const row of page.rows) {
        const reason = judge(row)
        if (reason === undefined) continue
        drop(reason, 1)
        resembles ??= createResemblance(terms)
        if (!resembles(row.value)) foreign += 1
      }
      if (foreign > MAX_FOREIGN && foreign > page.rows.length / 2) throw lostFilter(foreign)
      return drops
    },
    rows: () => rows,
    rowsOf: (key) => counts.get(key) ?? 0,
  }
}

function isWanted({ deleted, toIds, event }: MispRow, config: AnswerReaderOptions['config']): boolean {
  if (deleted || (config.toIds && toIds === false)) return false
  return !config.published || event.published !== false
}

/** Whether MISP may have found a value because of the terms: its equality, roughly. */
type Resembles = (value: string) => boolean

function createResemblance(terms: readonly Observable[]): Resembles {
  const forms = terms.flatMap(mispForms)
  const patterns = forms.filter((form) => form.startsWith('%')).map((form) => fold(unescaped(form)).slice(1))
  const equal = new Set(forms.map((form) => fold(isPattern(form) ? unescaped(form) : form)))
  const matches = (text: string): boolean =>
    equal.has(text) || patterns.some((ending) => text.endsWith(ending))
  return (value) => {
    const text = fold(value)
    return matches(text) || text.split('|').some(matches)
  }
}

function unescaped(form: string): string {
  return form.replaceAll(/\\(.)/g, '$1')
}

/** Compatibility forms, without accents and characters that cannot be seen. */
function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/[\p{M}\p{Cf}]/gu, '')
    .trimEnd()
    .toLowerCase()
}

function lostFilter(foreign: number): AppError {
  return new AppError(
    'PROVIDER_MALFORMED',
    `MISP answered with ${foreign} attributes that were not asked for`,
    { hint: 'Something between Tripline and MISP may drop the body of requests: look at proxies.' },
  )
}
