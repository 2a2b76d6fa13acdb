import { isIP } from 'node:net'
import type { Alert } from '../../core/alert.ts'
import { agentAddress } from '../record.ts'

/** Type 1, a line of a log. What follows is skipped up to the location, whatever it is (4.14): there is exactly one character. */
const LOG_LINE = '1:'

/** The manager itself. */
const MANAGER = '000'

/** Wazuh's own ids are zero-padded to three digits; others are taken as they are, and name nobody (recorded). */
const AGENT_ID = /^\d{3,10}$/

/** Far beyond what enrolment allows (128), far below where analysisd cuts the location (8,450 bytes). */
const MAX_NAME = 256

/** Ends the name or begins the location for analysisd, or is no part of a name in any version. */
// oxlint-disable-next-line no-control-regex
const AMBIGUOUS = /[()\u0000-\u001f\u007f-\u009f]|->/

/**
 * What stands before an event in its datagram: `1:opencti:`, or `1:[007] (web) 10.0.0.7->opencti:` for an alert of an agent.
 * An agent that cannot be written without doubt is left out: the event then belongs to the manager, and names its
 * agent in its own fields. The address is the one the alert has; Wazuh 4.x takes it as it is written here.
 */
export function datagramHeader(alert: Alert | undefined, location: string): string {
  const agent = alert === undefined ? undefined : agentPart(alert)
  return `${LOG_LINE}${escaped(agent === undefined ? location : `${agent}->${location}`)}:`
}

function agentPart(alert: Alert): string | undefined {
  const { id, name } = alert.agent
  if (id === MANAGER || !AGENT_ID.test(id)) return undefined
  if (name === '' || name.length > MAX_NAME || AMBIGUOUS.test(name)) return undefined
  const ip = agentAddress(alert)
  return `[${id}] (${name}) ${ip !== undefined && isAddress(ip) ? ip : 'any'}`
}

/** Without a zone, whose name analysisd may cut: it takes what is no address up to the first `-`. */
function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}

/** The location ends at the first `:` without a `|` before it (4.4 and later). */
function escaped(location: string): string {
  return location.replaceAll(/[|:]/g, '|$&')
}
