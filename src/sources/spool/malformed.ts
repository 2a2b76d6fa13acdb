import type { Alert } from '../../core/alert.ts'
import { isRecord } from '../../core/json.ts'
import type { ComponentId } from '../../core/indicator.ts'
import type { Notice } from '../../core/ports.ts'
import { wazuh5 } from '../../core/wazuh5.ts'
import type { Poison } from './alert-file.ts'
import { platformOf } from './names.ts'

/** The words that rules and people know from the scripts in use (TangerangKota's). */
const KNOWN_WORDS = 'Invalid Wazuh log structure'

/** For people, by what is wrong with a file. */
export const POISON_TEXTS: Readonly<Record<Poison, string>> = {
  empty: 'the alert file is empty, or was not there',
  not_json: 'not JSON; <alert_format>json</alert_format> in the integration block makes it so',
  not_object: 'JSON, but no alert',
  too_large: 'too large (maxAlertBytes)',
  not_file: 'not a regular file',
}

export const DENIED_TEXT = 'no permission to read it'

/** The parts without which the scripts refuse an alert, and it does not have. */
export function missingParts({ id, body }: Alert): readonly string[] {
  const parts = wazuh5(body) ?? body
  return [
    ...(id === '' ? ['id'] : []),
    ...(isRecord(parts['rule']) ? [] : ['rule']),
    ...(isRecord(parts['agent']) ? [] : ['agent']),
  ]
}

export interface Malformed {
  /** What is wrong, as a clause. */
  readonly text: string
  readonly provider: ComponentId
  /** The integration that handed the alert over. */
  readonly integration: string
  readonly at: number
}

/** Tells whoever watches Wazuh that an alert was not as it should be. */
export function malformedNotice({ text, provider, integration, at }: Malformed): Notice {
  const platform = platformOf(integration)
  return {
    provider,
    ...(platform === undefined ? {} : { platform }),
    kind: 'failing',
    code: 'ALERT_MALFORMED',
    message: `${KNOWN_WORDS}: ${text}`,
    at,
  }
}

/** As a clause for `malformedNotice`. */
export function missingText(missing: readonly string[]): string {
  return `the alert has no ${missing.join(', no ')}`
}
