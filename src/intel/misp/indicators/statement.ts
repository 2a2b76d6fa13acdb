import type { IndicatorHint } from '../../../canonical/indicator-value.ts'
import type { Indicator } from '../../../core/indicator.ts'
import { MISP_TYPES } from '../../feed/misp-types.ts'
import { tlpOfTags } from '../../feed/tlp.ts'
import { galaxyNames } from './galaxies.ts'
import type { MispStatement } from './rows.ts'

/** MISP's `threat_level_id`. */
const THREAT_LEVELS: ReadonlyMap<string | undefined, string> = new Map([
  ['1', 'high'],
  ['2', 'medium'],
  ['3', 'low'],
  ['4', 'undefined'],
])

type Said = Omit<Indicator, 'type' | 'value' | 'provider' | 'source' | 'ref' | 'link'>

/** What an attribute says of each of its values; undefined is as good as absent. */
export type MispDetails = { readonly [Key in keyof Said]: Said[Key] | undefined } & Pick<
  Said,
  'sourceType' | 'tags'
>

export function mispDetails(row: MispStatement): MispDetails {
  const { event, tags } = row
  const { threatActors, malware } = galaxyNames(tags)
  return {
    sourceType: row.type,
    composite: isComposite(row.type) ? row.value : undefined,
    title: event.info,
    event: event.id ?? event.uuid,
    eventUuid: event.uuid,
    eventDate: event.date,
    threatLevel: THREAT_LEVELS.get(event.threatLevelId),
    organisation: event.organisation,
    category: row.category,
    comment: row.comment,
    tags,
    tlp: tlpOfTags(tags),
    threatActors: threatActors.length === 0 ? undefined : threatActors,
    malware: malware.length === 0 ? undefined : malware,
    firstSeen: row.firstSeen,
    lastSeen: row.lastSeen,
    detection: row.toIds,
  }
}

function isComposite(type: string): boolean {
  return (MISP_TYPES.get(type)?.length ?? 1) > 1
}

/** A text of an attribute that may identify something, and what it is. */
interface MispPart {
  readonly text: string
  readonly hint: IndicatorHint
}

/** The parts of an attribute to match on: one, or the halves of a composite. Undefined for a type that is not supported. */
export function mispParts(type: string, value: string): readonly MispPart[] | undefined {
  const halves = MISP_TYPES.get(type)
  if (halves === undefined) return undefined
  const texts = halves.length === 1 ? [value] : splitComposite(value)
  return halves.flatMap((hint, index) => (hint === null ? [] : [{ text: texts[index] ?? '', hint }]))
}

/** MISP joins the halves with the last `|` a file name may have before it; a value without one is its last half too. */
function splitComposite(value: string): readonly [string, string] {
  const bar = value.lastIndexOf('|')
  return bar < 0 ? [value, value] : [value.slice(0, bar), value.slice(bar + 1)]
}
