import type { Alert } from '../../core/alert.ts'
import type { DeadLetter } from '../../core/dead-letter.ts'
import { AppError, errorText } from '../../core/errors.ts'
import { clip, jsonLine } from '../../core/text.ts'
import { formatMatch } from '../format.ts'

/** `tripline scan` knows the line by it (`sources/decode.ts`). */
const SCHEMA = 'tripline.dead-letter/1'
/** Two of the longest alert there is: what is escaped may take twice its size. */
const MAX_ALERT_BYTES = 16 * 1024 ** 2
/** An event for Wazuh has 64,000 bytes. */
const MAX_TEXT = 128 * 1024
const MAX_ERROR = 2048

/**
 * One line of JSON without the line end: time, reason, component, error, then the alert as Wazuh wrote it, whole. Never throws: what
 * cannot be written of it is left out, and said.
 */
export function letterLine(letter: DeadLetter, at: number): string {
  const { reason, component, error, match, alert = match?.alert, text } = letter
  const head = jsonLine({
    schema: SCHEMA,
    time: new Date(at).toISOString(),
    reason,
    component,
    ...(error instanceof AppError ? { code: error.code } : {}),
    ...(error === undefined ? {} : { error: clip(errorText(error), MAX_ERROR) }),
    ...(alert === undefined ? {} : { alert_id: alert.id, origin: alert.origin }),
    ...(text === undefined ? {} : { text: clip(text, MAX_TEXT) }),
  }).slice(0, -1)
  const parts = [
    ...(match === undefined ? [] : [part('match', () => formatMatch(match, { fullAlert: false }))]),
    ...(alert === undefined ? [] : [part('alert', () => wholeAlert(alert))]),
  ]
  return `${[head, ...parts].join(',')}}`
}

function wholeAlert({ body }: Alert): string {
  const text = jsonLine(body)
  if (Buffer.byteLength(text) > MAX_ALERT_BYTES) throw new RangeError('It is too large')
  return text
}

/** An alert may be nested deeper than can be written; where it was read is told in any case. */
function part(key: string, write: () => string): string {
  try {
    return `"${key}":${write()}`
  } catch (error) {
    return `"${key}_omitted":${JSON.stringify(clip(errorText(error), MAX_ERROR))}`
  }
}
