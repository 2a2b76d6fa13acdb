import { isRecord } from '../../../core/json.ts'
import { parseDate } from '../../feed/dates.ts'
import { mispAttribute, mispEvent, type MispAttribute, type MispEvent } from '../../feed/schema.ts'
import type { MispEventContext, MispRow } from '../api.ts'

/** Of one indicator, own ones first. */
const MAX_TAGS = 100

/** What an attribute says besides its identity: the same in an answer of the server and in a file of a MISP feed. */
export type MispStatement = Omit<MispRow, 'id' | 'uuid' | 'deleted'>

/** A row of `/attributes/restSearch`; undefined when it has no type, value or UUID. */
export function mispRow(raw: unknown): MispRow | undefined {
  const attribute = mispAttribute.safeParse(raw).data
  if (attribute?.uuid === undefined) return undefined
  const event = isRecord(attribute.Event) ? mispEvent.safeParse(attribute.Event).data : undefined
  return {
    id: attribute.id ?? '',
    uuid: attribute.uuid,
    deleted: attribute.deleted ?? false,
    ...mispStatement(attribute, event),
  }
}

export function mispStatement(attribute: MispAttribute, event: MispEvent | undefined): MispStatement {
  const { type, value, category, comment, to_ids: toIds } = attribute
  const firstSeen = timeOf(attribute.first_seen)
  const lastSeen = timeOf(attribute.last_seen)
  return {
    type,
    value,
    ...(category === undefined ? {} : { category }),
    ...(toIds === undefined ? {} : { toIds }),
    ...(comment === undefined ? {} : { comment }),
    ...(firstSeen === undefined ? {} : { firstSeen }),
    ...(lastSeen === undefined ? {} : { lastSeen }),
    tags: eachOnce(attribute.Tag, event?.Tag ?? []),
    event: contextOf(event, attribute.event_id),
  }
}

type Draft = { -readonly [Key in keyof MispEventContext]: MispEventContext[Key] }

function contextOf(event: MispEvent | undefined, eventId: string | undefined): MispEventContext {
  const draft: Draft = { tags: eachOnce(event?.Tag ?? [], []) }
  const id = event?.id ?? eventId
  if (id !== undefined) draft.id = id
  if (event === undefined) return draft
  if (event.uuid !== undefined) draft.uuid = event.uuid
  if (event.info !== undefined) draft.info = event.info
  if (event.date !== undefined) draft.date = event.date
  if (event.threat_level_id !== undefined) draft.threatLevelId = event.threat_level_id
  if (event.Orgc?.name !== undefined) draft.organisation = event.Orgc.name
  if (event.published !== undefined) draft.published = event.published
  return draft
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDate(text)
}

/** The server repeats an event's tags as inherited ones of the attribute, also those the attribute has itself. */
function eachOnce(own: readonly string[], inherited: readonly string[]): readonly string[] {
  const first = new Map<string, string>()
  for (const tags of [own, inherited])
    for (const tag of tags) if (!first.has(tag.toLowerCase())) first.set(tag.toLowerCase(), tag)
  return [...first.values()].slice(0, MAX_TAGS)
}
