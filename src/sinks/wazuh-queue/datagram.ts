import { isRecord, parseJson } from '../../core/json.ts'
import type { WazuhLine } from '../wazuh-events.ts'
import { datagramHeader } from './header.ts'

/** Whole datagrams. Analysisd takes 65,535 bytes and cuts longer ones without a word (4.14, recorded). */
export const MAX_DATAGRAM_BYTES = 64_000

/** Longest event: the rest is for a header with the longest name, each character escaped or of three bytes. */
export const MAX_TEXT_BYTES = MAX_DATAGRAM_BYTES - 1000

/** Why an event is not sent: analysisd would make no alert of it, and would not say so. */
export type Refusal = 'too_long' | 'not_an_event'

/** `{`, then the first key: with anything before or between, even a line end, it is no JSON for analysisd (recorded). */
const BEGINNING = /^\{"integration":"([\w.-]{1,64})"[,}]/

/** Control characters: a NUL ends the event, and a line has no end within. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f]/

/** `id`: of the event; '' when it has none. */
export type Made = { readonly id: string } & ({ readonly datagram: string } | { readonly refused: Refusal })

/** The datagram for an event; `location` where another one is wanted than the name of the event's integration. */
export function datagramOf(
  { alert, text }: Pick<WazuhLine, 'text'> & Partial<Pick<WazuhLine, 'alert'>>,
  location?: string,
): Made {
  const integration = BEGINNING.exec(text)?.[1]
  const event = CONTROL.test(text) ? undefined : parseJson(text)
  const id = eventId(event)
  if (integration === undefined || !isRecord(event)) return { id, refused: 'not_an_event' }
  const datagram = `${datagramHeader(alert, location ?? integration)}${text}`
  return Buffer.byteLength(datagram) > MAX_DATAGRAM_BYTES ? { id, refused: 'too_long' } : { id, datagram }
}

function eventId(event: unknown): string {
  const own = isRecord(event) ? event['tripline'] : undefined
  return isRecord(own) && typeof own['event_id'] === 'string' ? own['event_id'] : ''
}
