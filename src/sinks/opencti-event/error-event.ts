import type { ErrorCode } from '../../core/errors.ts'
import type { Notice } from '../../core/ports.ts'
import { leafText, leafTime } from '../wazuh-leaf.ts'
import { NAME, TEXT } from '../wazuh-own.ts'
import { openCtiLine } from './event.ts'

/** How the text of an error begins, in the words of the scripts; what Tripline says of it follows. */
const BEGINNINGS: { readonly [Code in ErrorCode]?: string } = {
  PROVIDER_UNREACHABLE: 'Failed to connect to the OpenCTI API',
  PROVIDER_MALFORMED: 'Failed to parse response from OpenCTI API',
  ALERT_MALFORMED: 'Invalid Wazuh log structure',
}
const OTHERWISE = 'OpenCTI API request failed'

/** A trouble with OpenCTI as an error event (rule 100211). */
export function openCtiErrorEvent({ kind, code, provider, message, at }: Notice, maxBytes?: number): string {
  const beginning = BEGINNINGS[code] ?? OTHERWISE
  // Who tells of an alert that is none uses the words itself, as they are in the other events, too.
  const text = message.startsWith(`${beginning}: `) ? message : `${beginning}: ${message || code}`
  const fields = {
    'opencti.error': leafText(text, TEXT),
    'opencti.event_type': 'error',
    'tripline.event': kind,
    'tripline.provider': leafText(provider, NAME),
    'tripline.at': leafTime(at),
    'tripline.code': code,
  }
  return openCtiLine(fields, maxBytes)
}
