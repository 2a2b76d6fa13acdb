import type { IndicatorNode } from '../client/schema.ts'
import { readPage, type LoadParts } from './load.ts'

/** Changes are looked for so far back again: several may have one time, and the search engine is some seconds late. */
const OVERLAP_MS = 60_000
/** Pages of one poll; what is left comes with the next. */
const MAX_PAGES = 200
const PAGE = 500

export interface Polled {
  readonly objects: ReadonlyMap<string, IndicatorNode>
  /** The time of the last change seen. */
  readonly until: string
  /** False: there is more than is asked for at a time. */
  readonly isLast: boolean
}

/** The time of the newest change on the server; undefined when there is no indicator. */
export async function newestChange(parts: LoadParts, signal: AbortSignal): Promise<string | undefined> {
  const { indicators } = await readPage(parts, { first: 1, newest: true }, signal)
  return indicators[0]?.updated_at
}

/** What was changed since some time, page by page, revoked indicators among them. Deleted ones it cannot tell. */
export async function* changesSince(
  since: string,
  parts: LoadParts,
  signal: AbortSignal,
): AsyncGenerator<Polled> {
  const updatedAfter = new Date(Math.max(0, Date.parse(since) - OVERLAP_MS)).toISOString()
  let until = since
  let after: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const { indicators, next } = await readPage(
      parts,
      { first: PAGE, updatedAfter, ...(after === undefined ? {} : { after }) },
      signal,
    )
    for (const { updated_at: at } of indicators) if (at !== undefined && at > until) until = at
    yield { objects: new Map(indicators.map((node) => [node.id, node])), until, isLast: next === undefined }
    if (next === undefined) return
    after = next
  }
}
