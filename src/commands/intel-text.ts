import type { ProviderStatus } from '../app/intel-status.ts'
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
  const { events, indicators, leftOut, skipped, lastError } = told
  const parts = [
    counted(events, 'event'),
    counted(indicators, 'indicator'),
    ageMs === undefined ? 'never up to date' : `up to date ${ago(ageMs)}`,
    ...(leftOut === 0 ? [] : [`${counted(leftOut, 'event')} left out: mirror.maxIndicators`]),
    ...(skipped === 0 ? [] : [`${counted(skipped, 'event')} could not be fetched`]),
  ]
  const line = `${head} ${told.state.padEnd(8)} ${parts.join(', ')}\n`
  if (lastError === undefined) return line
  const at = new Date(lastError.at).toISOString()
  return `${line}${' '.repeat(17)}last error ${at} ${lastError.code}: ${printable(lastError.message)}\n`
}

/** The same for programs. Times are ISO 8601. */
export function statusObject(status: ProviderStatus): object {
  const { provider } = status
  if (status.kind === 'feed') return { provider, mode: 'feed', feeds: status.feeds }
  if (status.kind === 'online') return { provider, mode: 'online' }
  const { mode, told, ageMs } = status
  if (told === undefined) return { provider, mode, state: 'empty', events: 0, indicators: 0 }
  const { state, events, indicators, leftOut, skipped, lastSuccess, cursor, lastError, at } = told
  return {
    provider,
    mode,
    state,
    events,
    indicators,
    leftOut,
    skipped,
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
export function counted(count: number, word: string): string {
  return `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`
}
