import type { IncomingHttpHeaders } from 'node:http'

/** Where a stream is to begin and what it is to hold. */
export interface StreamRequest {
  /** An event id; undefined: now. */
  readonly from: string | undefined
  /** ISO 8601: what changed between `from` and here comes from the database. Undefined: nothing does. */
  readonly recover: string | undefined
  /** `recover` was given and cannot be followed. */
  readonly badRecover: boolean
  readonly dependencies: boolean
  readonly deletions: boolean
}

/** Parameters, or headers of the same names. */
export function parseStreamRequest(target: string, headers: IncomingHttpHeaders): StreamRequest {
  const query = new URL(target, 'http://opencti.invalid').searchParams
  const given = (...names: readonly string[]): string | undefined =>
    names.map((name) => query.get(name) ?? headers[name]?.toString()).find((value) => value !== undefined)
  const from = positionOf(given('from', 'last-event-id'))
  const recover = given('recover', 'recover-date')
  const end = Date.parse(recover ?? '')
  const start = from === undefined ? Number.NaN : Number(from.split('-')[0])
  const badRecover = recover !== undefined && !(end > start)
  return {
    from,
    recover: recover === undefined || badRecover ? undefined : new Date(end).toISOString(),
    badRecover,
    dependencies: given('no-dependencies', 'no-relationships') !== 'true',
    deletions: given('listen-delete') !== 'false',
  }
}

/** A bare number of milliseconds is no date for the library in use: it is passed over in silence. */
function positionOf(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  if (text === '0') return '0-0'
  if (/^\d+-\d+$/.test(text)) return text
  if (/^\d+$/.test(text)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : `${ms}-0`
}
