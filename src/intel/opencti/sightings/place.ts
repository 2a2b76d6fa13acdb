import type { Sighting } from '../../../core/ports.ts'
import type { OpenCtiConfig } from '../config.ts'

/** Who has seen something: Tripline's own identity, or an agent of Wazuh as a system. */
export interface Place {
  readonly kind: 'identity' | 'agent'
  readonly name: string
}

/** Wazuh's number of the manager's own agent. */
const MANAGER_AGENT = '000'
/** OpenCTI refuses shorter ones. */
const MIN_NAME = 2
const MAX_NAME = 200

export function placeOf(
  agent: Sighting['agent'],
  { identity, perAgent }: Pick<OpenCtiConfig['sightings'], 'identity' | 'perAgent'>,
): Place {
  if (!perAgent || agent.id === MANAGER_AGENT) return { kind: 'identity', name: identity }
  const name = plain(agent.name)
  return { kind: 'agent', name: name.length < MIN_NAME ? `agent ${plain(agent.id) || name}` : name }
}

/** OpenCTI takes names that differ in letter case, or in blanks around them, for the same. */
export function placeKey({ kind, name }: Place): string {
  return `${kind}/${name.trim().toLowerCase()}`
}

/** Without control characters and halves of surrogate pairs, of which the cut may leave one. */
function plain(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, '')
    .slice(0, MAX_NAME)
    .replaceAll(/\p{Cs}/gu, '')
    .trim()
}
