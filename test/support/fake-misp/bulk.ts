import type { FakeAttributeInput, FakeEventInput } from './types.ts'

export interface BulkOptions {
  readonly seed: number
  readonly attributesPerEvent: number
  /** Unix seconds of the newest event; each older one is a minute before. */
  readonly now: number
}

type Maker = (seed: number, n: number) => FakeAttributeInput

const ip: Maker = (_, n) => ({ type: 'ip-dst', value: address(n) })
const ipPort: Maker = (_, n) => ({ type: 'ip-dst|port', value: `${address(n)}|${1024 + (n % 60_000)}` })
const domain: Maker = (seed, n) => ({ type: 'domain', value: hostName(seed, n) })
const url: Maker = (seed, n) => ({ type: 'url', value: `http://${hostName(seed, n)}/gate/${n}.php` })
const sha256: Maker = (seed, n) => ({ type: 'sha256', value: hex(seed, n, 8) })
const md5: Maker = (seed, n) => ({ type: 'md5', value: hex(seed, n, 4) })

/** Ten in turn: what feeds and reports hold most. */
const MAKERS: readonly Maker[] = [ip, domain, sha256, ip, url, md5, domain, ipPort, sha256, url]

/**
 * The attribute with the number `n` of a generated database: event `n / attributesPerEvent`. Numbers beyond the database give
 * values that it does not hold. All values of one seed differ.
 */
export function bulkAttribute(seed: number, n: number): FakeAttributeInput {
  return (MAKERS[n % MAKERS.length] ?? ip)(seed, n)
}

function hostName(seed: number, n: number): string {
  return `${mixed(seed, n).toString(36)}-${n.toString(36)}.net`
}

/** One event of a generated database. */
export function bulkEvent(index: number, { seed, attributesPerEvent, now }: BulkOptions): FakeEventInput {
  const at = now - index * 60
  const first = index * attributesPerEvent
  return {
    info: `Generated event ${index}`,
    timestamp: at,
    publishTimestamp: at,
    tags: ['tlp:green', ACTORS[index % ACTORS.length] ?? ''],
    attributes: { count: attributesPerEvent, at: (place) => bulkAttribute(seed, first + place) },
  }
}

const ACTORS = [
  'misp-galaxy:threat-actor="Sofacy"',
  'misp-galaxy:threat-actor="Turla"',
  'misp-galaxy:malpedia="Emotet"',
  'type:OSINT',
]

/** Public, and no range with a special meaning. */
function address(n: number): string {
  return `${11 + ((n >>> 24) & 15)}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`
}

function mixed(seed: number, n: number): number {
  let x = Math.imul(n ^ Math.imul(seed + 1, 0x9e3779b1), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

/** The number itself stands in front, so that no two are the same. */
function hex(seed: number, n: number, words: number): string {
  let text = n.toString(16).padStart(8, '0')
  for (let word = 1; word < words; word += 1)
    text += mixed(seed + word, n)
      .toString(16)
      .padStart(8, '0')
  return text
}
