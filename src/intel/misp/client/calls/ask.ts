import type { HttpRequest } from '../../../http/client.ts'

/** A request to MISP, before its headers. */
export interface MispRequest extends Pick<HttpRequest, 'method' | 'path' | 'json'> {
  /** Sent without the key: checking it is most of what a request costs MISP. */
  readonly anonymous?: true
}

export interface MispAnswer {
  /** Parsed, of a good answer. */
  readonly json: unknown
  readonly headers: Readonly<Record<string, string>>
  /** When the answer was complete: our wall clock, milliseconds. */
  readonly at: number
}

/** Sends, counts and judges; `read` makes of a good answer what the caller wants, or throws PROVIDER_MALFORMED. */
export type AskMisp = <T>(
  request: MispRequest,
  read: (answer: MispAnswer) => T,
  signal: AbortSignal,
) => Promise<T>

/** The server's clock, milliseconds; the header has whole seconds, so that half of one is added. */
export function serverTime(headers: Readonly<Record<string, string>>): number | undefined {
  const ms = Date.parse(headers['date'] ?? '')
  return Number.isNaN(ms) ? undefined : ms + 500
}
