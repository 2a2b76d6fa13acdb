import { AppError } from '../../core/errors.ts'
import type { Indicator, Tlp } from '../../core/indicator.ts'
import { isRecord } from '../../core/json.ts'
import { compilePattern } from '../stix/compile.ts'
import type { Refusal } from '../stix/refusal.ts'
import { parseDate } from './dates.ts'
import { BLOCK_SIZE, type EntryDetails, type Maker } from './maker.ts'
import { stixIndicator, stixMarking, type StixIndicator } from './schema.ts'
import type { SkipReason } from './tally.ts'
import { strictestTlp, TLP_MARKINGS, tlpOf } from './tlp.ts'

/** A pattern that is not matchable, in the words of a feed's report. */
const SKIPS: Readonly<Record<Refusal, SkipReason>> = {
  'not-a-pattern': 'not_a_pattern',
  'too-complex': 'pattern_too_complex',
  'several-observations': 'pattern_several_observations',
  qualifier: 'pattern_qualifier',
  reference: 'pattern_reference',
  'unknown-property': 'pattern_unknown_property',
  'unsafe-regex': 'pattern_unsafe_regex',
  'no-observable': 'unsupported_type',
}

/**
 * The indicators of a STIX 2.0 or 2.1 bundle, of a list of objects, or of a single object. Other objects are context
 * and left out. Throws FEED_MALFORMED when it is none of these.
 */
export function* parseStix(root: unknown, maker: Maker): Iterable<readonly Indicator[]> {
  const objects = objectsOf(root)
  if (objects === undefined) {
    maker.tally.foreign()
    throw new AppError('FEED_MALFORMED', 'The JSON is no STIX bundle')
  }
  const markings = tlpByMarking(objects)
  let block: Indicator[] = []
  for (const [index, object] of objects.entries()) {
    const at = `objects[${index}]`
    if (!isRecord(object)) {
      maker.tally.skip('malformed', at)
      continue
    }
    if (object['type'] !== 'indicator') continue
    const parsed = stixIndicator.safeParse(object)
    if (parsed.success) addIndicator(parsed.data, { at, maker, block, markings })
    else maker.tally.skip('malformed', at)
    if (block.length < BLOCK_SIZE) continue
    yield block
    block = []
  }
  if (block.length > 0) yield block
}

function objectsOf(root: unknown): readonly unknown[] | undefined {
  if (Array.isArray(root)) return root.some(isStixObject) || root.length === 0 ? root : undefined
  if (!isRecord(root)) return undefined
  if (root['type'] !== 'bundle') return isStixObject(root) ? [root] : undefined
  const objects = root['objects'] ?? []
  return Array.isArray(objects) ? objects : undefined
}

/** STIX identifiers are `<type>--<uuid>` (§2.9). */
function isStixObject(value: unknown): boolean {
  if (!isRecord(value) || typeof value['type'] !== 'string' || typeof value['id'] !== 'string') return false
  return value['id'].startsWith(`${value['type']}--`)
}

function tlpByMarking(objects: readonly unknown[]): ReadonlyMap<string, Tlp> {
  const markings = new Map<string, Tlp>(TLP_MARKINGS)
  for (const object of objects) {
    if (!isRecord(object) || object['type'] !== 'marking-definition') continue
    const { data } = stixMarking.safeParse(object)
    if (data === undefined || markings.has(data.id)) continue
    const named = [data.x_opencti_definition, data.definition?.tlp, data.definition?.TLP, data.name]
    const tlp = strictestTlp(named.map((name) => (name === undefined ? undefined : tlpOf(name))))
    if (tlp !== undefined) markings.set(data.id, tlp)
  }
  return markings
}

interface IndicatorPlace {
  readonly at: string
  readonly maker: Maker
  readonly block: Indicator[]
  readonly markings: ReadonlyMap<string, Tlp>
}

function addIndicator(object: StixIndicator, place: IndicatorPlace): void {
  const { at, maker, block } = place
  maker.tally.understood()
  if ((object.pattern_type ?? 'stix').toLowerCase() !== 'stix')
    return maker.tally.skip('unsupported_pattern', at)
  const { parts, refused } = compilePattern(object.pattern)
  for (const refusal of refused) maker.tally.skip(SKIPS[refusal], at)
  if (parts.length === 0) return
  const details = detailsOf(object, place)
  for (const { hint, values, whole } of parts) {
    const own = whole === true ? { ...details, pattern: object.pattern } : details
    for (const text of values) {
      for (const value of maker.values(text, hint, at)) block.push(maker.indicator(value, own))
    }
  }
}

function detailsOf(object: StixIndicator, { at, maker, markings }: IndicatorPlace): EntryDetails {
  return {
    ref: object.id,
    sourceType: 'indicator',
    title: object.name,
    category: object.indicator_types[0],
    comment: object.description,
    tags: [...new Set([...object.labels, ...object.indicator_types])],
    tlp: strictestTlp(object.object_marking_refs.map((ref) => markings.get(ref))),
    score: object.x_opencti_score ?? object.extensions?.score,
    confidence: object.confidence,
    detection: object.x_opencti_detection ?? object.extensions?.detection,
    validFrom: dateAt(object.valid_from, at, maker),
    validUntil: dateAt(object.valid_until, at, maker),
    revoked: object.revoked,
    link: object.external_references[0]?.url,
  }
}

function dateAt(text: string | undefined, at: string, maker: Maker): number | undefined {
  if (text === undefined) return undefined
  const ms = parseDate(text)
  if (ms === undefined) maker.tally.skip('bad_date', at)
  return ms
}
