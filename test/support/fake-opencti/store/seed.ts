import { bulkAttribute } from '../../fake-misp/bulk.ts'
import type { ObjectSource } from './collection.ts'
import { standardId } from './ids.ts'
import { mainTypeOf } from './pattern.ts'
import type { StoredIndicator, StoredObject } from './stored.ts'

/** Indicators that exist as numbers: each is computed when it is read, and is the same each time. */
export interface Seed extends ObjectSource {
  /** From now on this one is kept elsewhere, or nowhere. Others are passed over. */
  take(id: string): void
}

export interface SeedOptions {
  readonly count: number
  readonly seed: number
  /** Epoch milliseconds of the newest change; each older one is a second before. */
  readonly newest: number
  /** Authors, markings and labels to go round; none of a kind when it is empty. */
  readonly authors: readonly StoredObject[]
  readonly markings: readonly StoredObject[]
  readonly labels: readonly StoredObject[]
}

/** The value of the indicator with the number `n`; those of one seed differ. The same as `bulkAttribute` of the fake MISP. */
export function seedValue(seed: number, n: number): string {
  return bulkAttribute(seed, n).value.split('|')[0] ?? ''
}

export function seedPattern(seed: number, n: number): string {
  const { type } = bulkAttribute(seed, n)
  const value = seedValue(seed, n)
  if (type === 'sha256') return `[file:hashes.'SHA-256' = '${value}']`
  if (type === 'md5') return `[file:hashes.MD5 = '${value}']`
  if (type === 'domain') return `[domain-name:value = '${value}']`
  return type === 'url' ? `[url:value = '${value}']` : `[ipv4-addr:value = '${value}']`
}

export function createSeed(options: SeedOptions): Seed {
  const { count, seed } = options
  const { order, keys } = orderOf(options)
  const taken = new Set<number>()
  const counts = new Map<string, number>()
  const at = (n: number): StoredIndicator => seededIndicator(options, n)
  const numberOf = (id: string): number | undefined => {
    if (!id.startsWith(INTERNAL)) return undefined
    const n = Number.parseInt(id.slice(INTERNAL.length), 16)
    return n < count && internalId(n) === id ? n : undefined
  }
  const byStandardId = (id: string): number | undefined => {
    const place = placeAfter(id, 'at')
    const n = order[place]
    return n !== undefined && at(n).standard_id === id ? n : undefined
  }
  /** The first place whose standard id is `cursor` or later, or only later. */
  const placeAfter = (cursor: string, how: 'at' | 'behind'): number => {
    const key = keyOf(cursor)
    let low = 0
    let high = count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((keys[order[middle] ?? 0] ?? 0) < key) low = middle + 1
      else high = middle
    }
    if (how === 'at') return low
    while (low < count && at(order[low] ?? 0).standard_id <= cursor) low += 1
    return low
  }
  const present = (n: number | undefined): readonly StoredIndicator[] =>
    n === undefined || taken.has(n) ? [] : [at(n)]
  return {
    take: (id) => {
      const n = numberOf(id)
      if (n !== undefined && !taken.has(n)) {
        taken.add(n)
        counts.clear()
      }
    },
    after: function* after(cursor) {
      for (let place = cursor === undefined ? 0 : placeAfter(cursor, 'behind'); place < count; place += 1) {
        const n = order[place] ?? 0
        if (!taken.has(n)) yield at(n)
      }
    },
    lookup: (key, value) => {
      if (key === 'ids') return present(numberOf(value) ?? byStandardId(value))
      if (key === 'internal_id') return present(numberOf(value))
      if (key === 'standard_id') return present(byStandardId(value))
      if (key === 'pattern' || key === 'name') return present(numberBehind(value, { seed, count }))
      return key === 'value' || key.startsWith('hashes.') ? [] : undefined
    },
    count: (matcher, name) => {
      const known = counts.get(name)
      if (known !== undefined) return known
      const sum = countMatching(count, (n) => !taken.has(n) && matcher(at(n)))
      counts.set(name, sum)
      return sum
    },
  }
}

function countMatching(count: number, matches: (n: number) => boolean): number {
  let sum = 0
  for (let n = 0; n < count; n += 1) if (matches(n)) sum += 1
  return sum
}

const INTERNAL = '5eed0000-0000-4000-8000-'

function internalId(n: number): string {
  return INTERNAL + n.toString(16).padStart(12, '0')
}

/** The first 52 bits of the id's UUID, which a number holds exactly. */
function keyOf(standardId_: string): number {
  const uuid = standardId_.slice('indicator--'.length)
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 15), 16)
}

function orderOf({ count, seed }: SeedOptions): { order: Uint32Array; keys: Float64Array } {
  const keys = new Float64Array(count)
  const order = new Uint32Array(count)
  for (let n = 0; n < count; n += 1) {
    keys[n] = keyOf(standardId('indicator', { pattern: seedPattern(seed, n) }))
    order[n] = n
  }
  order.sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0))
  return { order, keys }
}

/** Which number has this value or pattern: the number can be read from each of them. */
function numberBehind(text: string, { seed, count }: { seed: number; count: number }): number | undefined {
  const value = (/'([^']*)'\]$/.exec(text)?.[1] ?? text).toLowerCase()
  const candidates = [addressNumber(value), hashNumber(value), nameNumber(value)]
  const lower = text.toLowerCase()
  return candidates.find(
    (n) =>
      n !== undefined &&
      n < count &&
      (seedPattern(seed, n).toLowerCase() === lower || seedValue(seed, n).toLowerCase() === lower),
  )
}

function addressNumber(value: string): number | undefined {
  if (!/^\d+(\.\d+){3}$/.test(value)) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = value.split('.').map(Number)
  return (a - 11) * 2 ** 24 + b * 2 ** 16 + c * 256 + d
}

function hashNumber(value: string): number | undefined {
  return /^[\da-f]{32,}$/.test(value) ? Number.parseInt(value.slice(0, 8), 16) : undefined
}

function nameNumber(value: string): number | undefined {
  const part = /-([\da-z]+)\.net/.exec(value)?.[1]
  return part === undefined ? undefined : Number.parseInt(part, 36)
}

function seededIndicator(options: SeedOptions, n: number): StoredIndicator {
  const { seed, newest, authors, markings, labels } = options
  const pattern = seedPattern(seed, n)
  const changed = new Date(newest - n * 1000).toISOString()
  const pick = (list: readonly StoredObject[]): readonly StoredObject[] => {
    const picked = list[n % list.length]
    return picked === undefined ? [] : [picked]
  }
  return {
    typename: 'Indicator',
    id: internalId(n),
    standard_id: standardId('indicator', { pattern }),
    entity_type: 'Indicator',
    parent_types: INDICATOR_PARENTS,
    x_opencti_stix_ids: [],
    created_at: changed,
    updated_at: changed,
    created: changed,
    modified: changed,
    createdBy: pick(authors)[0] ?? null,
    objectMarking: pick(markings),
    objectLabel: pick(labels),
    references: [],
    name: seedValue(seed, n),
    description: null,
    pattern,
    pattern_type: 'stix',
    indicator_types: ['malicious-activity'],
    valid_from: changed,
    valid_until: new Date(newest - n * 1000 + 400 * DAY_MS).toISOString(),
    revoked: false,
    confidence: 75,
    x_opencti_score: 40 + (n % 60),
    x_opencti_detection: n % 2 === 0,
    x_opencti_main_observable_type: mainTypeOf(pattern),
    x_mitre_platforms: null,
    killChainPhases: [],
  }
}

const DAY_MS = 86_400_000
export const INDICATOR_PARENTS = [
  'Basic-Object',
  'Stix-Object',
  'Stix-Core-Object',
  'Stix-Domain-Object',
] as const
