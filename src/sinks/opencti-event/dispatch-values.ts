import { canonicalIp } from '../../canonical/ip.ts'
import { isRecord } from '../../core/json.ts'
import type { ObservableType } from '../../core/observable.ts'
import { argumentsOf } from './execve.ts'

/** A value as the alert has it; addresses in their one form. */
export interface LookedUp {
  readonly type: ObservableType
  readonly value: string
}

/** Read of a hostile text, and of a hostile list. Hashes of Sysmon take some 250 characters, answers of DNS some 1,000. */
const MAX_TEXT = 16_384
const MAX_ITEMS = 1000

/** The first run of 64 hex digits, its case kept; undefined when there is none. */
export function firstSha256(text: string | undefined): string | undefined {
  return /[0-9a-f]{64}/i.exec(text?.slice(0, MAX_TEXT) ?? '')?.[0]
}

/** The first address that is no special one, alone; undefined when none is. */
export function firstGlobal(texts: readonly (string | undefined)[]): readonly LookedUp[] | undefined {
  const [first] = texts.flatMap((text) => globalAddress(text))
  return first && [first]
}

/**
 * The addresses of Sysmon's `queryResults`, `type:  5 cdn.example.net;::ffff:192.0.2.1;`. A text that is neither an alias nor an
 * address discards them all.
 */
export function addressesOfResults(results: string): readonly LookedUp[] {
  const parts = results
    .slice(0, MAX_TEXT)
    .split(';', MAX_ITEMS)
    .map((part) => part.trim())
    .filter((part) => part !== '' && !/^type:\s*\d/.test(part))
  if (parts.some((part) => canonicalIp(part) === undefined)) return []
  return parts.flatMap((part) => globalAddress(part))
}

/** The addresses of the A and AAAA records among Packetbeat's answers. */
export function addressesOfAnswers(answers: unknown): readonly LookedUp[] {
  if (!Array.isArray(answers)) return []
  return answers.slice(0, MAX_ITEMS).flatMap((answer: unknown) => {
    if (!isRecord(answer) || (answer['type'] !== 'A' && answer['type'] !== 'AAAA')) return []
    return globalAddress(typeof answer['data'] === 'string' ? answer['data'] : undefined)
  })
}

/** The arguments of a command that begin with `http`. */
export function commandUrls(execve: unknown): readonly string[] {
  return argumentsOf(execve).filter((text) => text.startsWith('http'))
}

function globalAddress(text: string | undefined): readonly LookedUp[] {
  const ip = text === undefined ? undefined : canonicalIp(text)
  return ip === undefined || ip.special !== undefined ? [] : [{ type: ip.type, value: ip.value }]
}
