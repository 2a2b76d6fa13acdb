import type { ProviderStatus } from '../app/intel-status.ts'
import type { SyncResult, SyncSummary } from '../app/intel-sync.ts'
import { printable } from '../core/text.ts'

/** One provider for people: a line, and a second one with its last error. */
export function statusLine(status: ProviderStatus): string {
  const { provider } = status
  const name = provider.padEnd(16)
  if (status.kind === 'feed')
    return `${name} feed     read at start and followed: ${counted(status.feeds, 'path')}\n`
  if (status.kind === 'online') return `${name} online   asked for each value, no local copy\n`
  const { mode, told, ageMs } = status
  const head = `${name} ${mode.padEnd(8)}`
  if (told === undefined) return `${head} empty    not copied yet\n`
  const { lastError, unmatchable = [] } = told
  const text = [
    ...contents(told),
    ageMs === undefined ? 'never up to date' : `up to date ${ago(ageMs)}`,
    ...asides(told),
  ]
  const first = `${head} ${told.state.padEnd(8)} ${text.join(', ')}\n`
  const line = `${first}${unmatchable.map(unmatchableLines).join('')}`
  if (lastError === undefined) return line
  const at = new Date(lastError.at).toISOString()
  return `${line}${' '.repeat(17)}last error ${at} ${lastError.code}: ${printable(lastError.message)}\n`
}

type Told = NonNullable<Extract<ProviderStatus, { readonly kind: 'copy' }>['told']>

/** What lies in the copy: events of a MISP, objects of an OpenCTI. */
function contents({ events, objects, indicators }: Told): readonly string[] {
  return [
    ...(events === undefined ? [] : [counted(events, 'event')]),
    ...(objects === undefined ? [] : [counted(objects, 'STIX indicator')]),
    counted(indicators, valuesOf(objects === undefined ? 'event' : 'STIX indicator')),
  ]
}

function asides({ leftOut, skipped, objects, follows }: Told): readonly string[] {
  const word = objects === undefined ? 'event' : 'value'
  return [
    ...(follows === undefined ? [] : [follows === 'stream' ? 'follows its stream' : 'is polled']),
    ...(leftOut === 0 ? [] : [`${counted(leftOut, word)} left out: mirror.maxIndicators`]),
    ...(skipped === 0 ? [] : [`${counted(skipped, word)} could not be fetched`]),
  ]
}

function unmatchableLines({ reason, count, samples }: NonNullable<Told['unmatchable']>[number]): string {
  const indent = ' '.repeat(17)
  const named = samples.map(({ ref, pattern }) => `${indent}  ${printable(ref)} ${printable(pattern)}\n`)
  return `${indent}not matchable, ${reason}: ${count.toLocaleString('en')}\n${named.join('')}`
}

/** How a run by hand ended, in a line. */
export function syncLine({ provider, summary, ms }: Extract<SyncResult, { readonly kind: 'done' }>): string {
  const { of, indicators, leftOut } = summary
  const [inCopy, what] = of === 'event' ? eventWords(summary) : objectWords(summary)
  const word = of === 'event' && summary.skipped > 0 ? 'not whole' : 'up to date'
  const left =
    leftOut === 0
      ? []
      : [`${counted(leftOut, of === 'event' ? 'event' : 'value')} left out: mirror.maxIndicators`]
  const seconds = (ms / 1000).toFixed(1)
  const contained = `${counted(inCopy, of)}, ${counted(indicators, valuesOf(of))}`
  return `${provider}: ${word}: ${contained} (${[...what, ...left].join('; ')}) in ${seconds} s\n`
}

type SummaryWords = readonly [inCopy: number, what: readonly string[]]

function eventWords({
  events,
  fetched,
  removed,
  skipped,
}: Extract<SyncSummary, { readonly of: 'event' }>): SummaryWords {
  const what = [
    `${counted(fetched, 'event')} fetched, ${removed.toLocaleString('en')} removed`,
    ...(skipped === 0 ? [] : [`${counted(skipped, 'event')} could not be fetched`]),
  ]
  return [events, what]
}

function objectWords({
  objects,
  read,
  unmatchable,
}: Extract<SyncSummary, { readonly of: 'STIX indicator' }>): SummaryWords {
  const what = [
    `${read.toLocaleString('en')} read`,
    ...(unmatchable === 0
      ? []
      : [`${unmatchable.toLocaleString('en')} not matchable, or not with all parts`]),
  ]
  return [objects, what]
}

/** The word for what an alert is compared with: an OpenCTI calls something else an indicator. */
export function valuesOf(of: SyncSummary['of']): string {
  return of === 'event' ? 'indicator' : 'value'
}

/** The same for programs. Times are ISO 8601. */
export function statusObject(status: ProviderStatus): object {
  const { provider } = status
  if (status.kind === 'feed') return { provider, mode: 'feed', feeds: status.feeds }
  if (status.kind === 'online') return { provider, mode: 'online' }
  const { mode, told, ageMs } = status
  if (told === undefined) return { provider, mode, state: 'empty', indicators: 0 }
  const { state, events, objects, indicators, leftOut, skipped, lastSuccess, cursor, lastError, at } = told
  return {
    provider,
    mode,
    state,
    ...(events === undefined ? {} : { events }),
    ...(objects === undefined ? {} : { objects }),
    indicators,
    leftOut,
    skipped,
    ...(told.follows === undefined ? {} : { follows: told.follows }),
    ...(told.unmatchable === undefined ? {} : { unmatchable: told.unmatchable }),
    ...(ageMs === undefined ? {} : { ageSeconds: Math.round(ageMs / 1000) }),
    ...(lastSuccess === undefined ? {} : { lastSuccess: iso(lastSuccess) }),
    ...(cursor === undefined ? {} : { publishedUntil: iso(cursor * 1000) }),
    ...(lastError === undefined ? {} : { lastError: { ...lastError, at: iso(lastError.at) } }),
    toldAt: iso(at),
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const

function ago(ms: number): string {
  for (const [unit, length] of UNITS) if (ms >= 2 * length) return `${Math.floor(ms / length)} ${unit} ago`
  return `${Math.round(ms / 1000)} s ago`
}

/** `1 event`, `2,000 events`. */
function counted(count: number, word: string): string {
  return `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`
}
