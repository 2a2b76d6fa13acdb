import type { Clock } from '../../../core/clock.ts'
import { AppError, toAppError } from '../../../core/errors.ts'
import type { OpenCtiMirrorEvents } from '../../../telemetry/events/opencti-mirror.ts'
import type { IndicatorPage, IndicatorsQuery, OpenCtiClient } from '../api.ts'
import { isOverload } from '../../lookup/size.ts'
import type { OpenCtiConfig } from '../config.ts'
import type { Change, Content } from './content.ts'
import type { Dictionary } from '../stream/dictionary.ts'
import { unitOf } from './places.ts'
import { rowOf, type Row, type RowOptions } from './rows.ts'

export interface LoadParts {
  readonly client: Pick<OpenCtiClient, 'indicators'>
  readonly config: Pick<OpenCtiConfig, 'mirror'>
  readonly content: Content
  readonly dictionary: Dictionary
  readonly rows: RowOptions
  readonly events: OpenCtiMirrorEvents
  readonly clock: Clock
  /** Called after each answer of the server. */
  readonly onAnswer: () => void
  /** How often a page is asked for again. Default 7: some minutes. */
  readonly retries?: number
}

export interface LoadStep {
  /** Units that are different now. */
  readonly changed: readonly string[]
  /** Indicators read so far, and all that were promised. */
  readonly done: number
  readonly total: number | undefined
}

export interface LoadOptions {
  /** Objects that a stream changes while the load goes on: what it says of them counts. */
  readonly since: ReadonlySet<string>
  /** It has been so for long. */
  readonly believeAnything: boolean
  /** Called when far fewer are promised than are known, before it throws. */
  readonly onDistrusted: () => void
}

/** How often a page is asked for again before the load is given up: OpenCTI takes some minutes to start. */
const RETRIES = 7
const FIRST_RETRY_MS = 1000
const MAX_RETRY_MS = 60_000
/** Of a page that was too much for the server. */
const MIN_PAGE = 10
/** A load that gives less than this share of what it promised has broken off; deletions meanwhile are far fewer. */
const WHOLE_SHARE = 0.9
/** Fewer than this share of what is known: a right was lost, rather than so many indicators. */
const SUSPICIOUS_SHARE = 0.5
const SUSPICIOUS_ABOVE = 100

/**
 * Everything, page by page, each written before the next is asked for. The server gives it in the order of the STIX ids, so
 * that a unit is whole when the next one begins; a unit that comes again is added to. Throws what the client threw, or
 * STATE_UNWRITABLE; PROVIDER_REFUSED when far fewer are promised than are known.
 */
export async function* loadAll(
  parts: LoadParts,
  { since, believeAnything, onDistrusted }: LoadOptions,
  signal: AbortSignal,
): AsyncGenerator<LoadStep> {
  const { config, content, events } = parts
  const known = content.objects
  const named = new Set<string>()
  let open: ReadonlyMap<string, readonly Row[]> = new Map()
  let done = 0
  let read = 0
  let after: string | undefined
  let total: number | undefined
  content.beginLoad()
  do {
    const page = await readPage(
      parts,
      {
        first: config.mirror.pageSize,
        revoked: config.mirror.revoked,
        ...(after === undefined ? {} : { after }),
      },
      signal,
    )
    if (after === undefined) {
      total = page.total
      events.loadStarted(total)
      if (!believeAnything && isSuspicious(total, known)) {
        onDistrusted()
        throw suspicious(total ?? 0, known, events)
      }
    }
    done += page.indicators.length
    read += page.indicators.length + page.malformed
    // Before the last unit is written: it may go on.
    if (page.next === undefined && total !== undefined && read < total * WHOLE_SHARE)
      throw brokenOff(read, total)
    const grouped = byUnit(open, page, parts)
    // The last one may go on on the next page.
    const last = page.next === undefined ? undefined : [...grouped.keys()].at(-1)
    const whole = new Map([...grouped].filter(([unit]) => unit !== last))
    open = new Map([...grouped].filter(([unit]) => unit === last))
    yield { changed: put(whole, named, since, content), done, total }
    after = page.next
  } while (after !== undefined)
  yield { changed: content.endLoad(named, since), done, total }
  if (content.leftOut > 0) events.cut(content.leftOut, config.mirror.maxIndicators)
}

function byUnit(
  open: ReadonlyMap<string, readonly Row[]>,
  { indicators }: IndicatorPage,
  { dictionary, rows: options }: LoadParts,
): Map<string, Row[]> {
  const grouped = new Map<string, Row[]>()
  for (const [unit, rows] of open) grouped.set(unit, [...rows])
  for (const node of indicators) {
    dictionary.learnNode(node)
    const row = rowOf(node, options)
    const unit = unitOf(row.stixId)
    const rows = grouped.get(unit) ?? []
    rows.push(row)
    grouped.set(unit, rows)
  }
  return grouped
}

function put(
  whole: ReadonlyMap<string, readonly Row[]>,
  named: Set<string>,
  since: ReadonlySet<string>,
  content: Content,
): readonly string[] {
  const fresh = new Map([...whole].filter(([unit]) => !named.has(unit)))
  const again = new Map<string, Change>()
  for (const [unit, rows] of whole)
    if (named.has(unit))
      for (const row of rows) if (!since.has(row.id)) again.set(row.id, { kind: 'put', row })
  for (const unit of fresh.keys()) named.add(unit)
  return [...content.replace(fresh, since), ...(again.size > 0 ? content.apply(again) : [])]
}

/** One page, asked for again while the trouble may pass, with fewer indicators when they were too many. */
export async function readPage(
  parts: Pick<LoadParts, 'client' | 'clock' | 'events' | 'onAnswer' | 'retries'>,
  query: IndicatorsQuery,
  signal: AbortSignal,
): Promise<IndicatorPage> {
  const { client, clock, events, onAnswer, retries = RETRIES } = parts
  let { first } = query
  for (let attempt = 0; ; attempt++) {
    try {
      const page = await client.indicators({ ...query, first }, signal)
      onAnswer()
      events.rowsMalformed(page.malformed)
      return page
    } catch (cause) {
      signal.throwIfAborted()
      const error = toAppError(cause)
      if (attempt >= retries || error.retryability === 'permanent') throw error
      if (isOverload(error)) first = Math.max(Math.min(first, MIN_PAGE), Math.floor(first / 2))
      const waitMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt)
      await clock.sleep(Math.max(waitMs, error.retryAfterMs ?? 0), signal)
      signal.throwIfAborted()
    }
  }
}

function brokenOff(read: number, total: number): AppError {
  return new AppError(
    'PROVIDER_MALFORMED',
    `OpenCTI gave ${read} of ${total} indicators and says that these are all`,
    {
      hint: 'It is loaded again. Look at the logs of OpenCTI and of Elasticsearch.',
    },
  )
}

function isSuspicious(promised: number | undefined, known: number): boolean {
  return promised !== undefined && known > SUSPICIOUS_ABOVE && promised < known * SUSPICIOUS_SHARE
}

function suspicious(promised: number, known: number, events: OpenCtiMirrorEvents): AppError {
  events.loadDistrusted(promised, known)
  return new AppError(
    'PROVIDER_REFUSED',
    `OpenCTI shows ${promised} indicators, where ${known} are known: too few to be believed at once`,
    {
      hint: 'Has the user of the token lost a marking or a right? It is believed when it lasts for an hour.',
    },
  )
}
