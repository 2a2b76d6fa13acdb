import { isIP } from 'node:net'
import type { Answer } from '../http/answer.ts'
import { compactJson, failure, json, prettyFailure, TEXTS } from '../http/answer.ts'
import type { Exchange } from '../http/exchange.ts'
import { mayseeEvent, maySeeRow } from '../search/filters.ts'
import { searchOptions } from '../search/options.ts'
import { rowWriter } from '../search/row-json.ts'
import type { Filter } from '../search/terms.ts'
import { isLost, textOf } from '../search/terms.ts'
import { ATTRIBUTE_TYPES } from '../store/attribute-types.ts'
import { deleteRow, editRow, touchEvent } from '../store/changes.ts'
import type { StoredAttribute, StoredEvent } from '../store/stored.ts'
import { halves } from '../store/fold.ts'
import { normaliseValue } from '../store/normalise.ts'
import type { FakeAttributeInput } from '../types.ts'
import { objectBody } from './filter-of.ts'

/** `/attributes/view/<id>`: deleted and unknown ones are a 405. */
export function viewAttribute(exchange: Exchange): Answer {
  const row = visibleRow(exchange)
  if (row === undefined || row.deleted) return failure(405, 'Invalid attribute', exchange.url)
  const write = rowWriter(exchange.instance.database, searchOptions({ includeEventUuid: 1 }), () => ({
    before: [],
  }))
  const { Event: _event, ...shown } = JSON.parse(write(row)) as Record<string, unknown>
  return compactJson({ Attribute: shown })
}

function visibleRow({ instance, user, args }: Exchange): StoredAttribute | undefined {
  const row = instance.database.rowBy(args[0] ?? '')
  return row !== undefined && mayseeEvent(row.event, user) && maySeeRow(row, user) ? row : undefined
}

/** `/attributes/index`: newest first. */
export function indexAttributes({ instance, user, named }: Exchange): Answer {
  const { database } = instance
  const limit = Number(named['limit'] ?? 60)
  const start = (Math.max(1, Number(named['page'] ?? 1)) - 1) * limit
  const rows: StoredAttribute[] = []
  for (const event of [...database.events.values()].toReversed()) {
    if (rows.length >= start + limit) break
    if (mayseeEvent(event, user))
      rows.push(...[...database.rowsOf(event)].filter((row) => !row.deleted).toReversed())
  }
  return json(rows.slice(start, start + limit).map(storedJson))
}

/** As the endpoints that save show a row: with both columns. */
function storedJson(row: StoredAttribute): object {
  const [value1, value2] = halves(row.type, row.value)
  return {
    id: String(row.id),
    event_id: String(row.event.id),
    object_id: String(row.objectId),
    object_relation: row.objectRelation,
    category: row.category,
    type: row.type,
    value1,
    value2,
    to_ids: row.toIds,
    uuid: row.uuid,
    timestamp: String(row.timestamp),
    distribution: String(row.distribution),
    sharing_group_id: '0',
    comment: row.comment,
    deleted: row.deleted,
    disable_correlation: row.disableCorrelation,
    first_seen: row.firstSeen,
    last_seen: row.lastSeen,
    value: row.value,
  }
}

/** `/attributes/add/<event>`: one, or a list of which the valid ones are saved. */
export function addAttribute(exchange: Exchange): Answer {
  const { instance, user, args, body, url } = exchange
  const event = instance.database.eventBy(args[0] ?? '')
  if (event === undefined || !mayseeEvent(event, user)) return failure(404, 'Invalid event', url)
  if (event.orgId !== user.orgId && !user.role.siteAdmin) return failure(403, TEXTS.permission, url)
  if (!Array.isArray(body)) return addOne(exchange, event, objectBody(body))
  const outcomes = body.map((entry) => save(exchange, event, objectBody(entry)))
  const saved = outcomes.flatMap((outcome) => ('row' in outcome ? [storedJson(outcome.row)] : []))
  const errors = outcomes.flatMap((outcome, place) =>
    'errors' in outcome ? [[`attribute_${place}`, outcome.errors]] : [],
  )
  return json({
    Attribute: saved,
    ...(errors.length === 0 ? {} : { errors: Object.fromEntries(errors) as object }),
  })
}

function addOne(exchange: Exchange, event: StoredEvent, input: Filter): Answer {
  const outcome = save(exchange, event, input)
  if ('errors' in outcome) {
    const { errors } = outcome
    const text = 'Could not add Attribute'
    return json({ saved: false, name: text, message: text, url: '/attributes/add', errors }, 403)
  }
  return json({ Attribute: storedJson(outcome.row), AttributeTag: [] })
}

type Outcome =
  { readonly row: StoredAttribute } | { readonly errors: Readonly<Record<string, readonly string[]>> }

function save({ instance }: Exchange, event: StoredEvent, input: Filter): Outcome {
  const { type, value } = input
  if (typeof type !== 'string' || !ATTRIBUTE_TYPES.has(type)) return { errors: { type: ['Invalid type.'] } }
  const stored = normaliseValue(type, textOf(value))
  if (/^ip-(src|dst)$/.test(type) && isIP(stored.split('/')[0] ?? '') === 0) {
    return { errors: { value: ['IP address has an invalid format.'] } }
  }
  const same = instance.database
    .settle(event)
    .some((row) => !row.deleted && row.type === type && row.value === stored)
  if (same) return { errors: { value: ['A similar attribute already exists for this event.'] } }
  const now = Math.trunc(instance.now())
  const clean = {
    ...(input as unknown as FakeAttributeInput),
    to_ids: input['to_ids'] === undefined || !isLost(input['to_ids']),
  }
  const row = instance.database.addRow(event, clean, now)
  touchEvent(instance.database, event, now)
  return { row }
}

/** `/attributes/edit/<id>`. */
export function editAttribute(exchange: Exchange): Answer {
  const { instance, body, url } = exchange
  const row = visibleRow(exchange)
  if (row === undefined) return failure(404, 'Invalid attribute.', url)
  const { to_ids: toIds, value, comment, category, type } = objectBody(body)
  const edit = {
    ...(toIds === undefined ? {} : { to_ids: !isLost(toIds) }),
    ...(value === undefined ? {} : { value: textOf(value) }),
    ...(comment === undefined ? {} : { comment: textOf(comment) }),
    ...(category === undefined ? {} : { category: textOf(category) }),
    ...(type === undefined ? {} : { type: textOf(type) }),
  }
  editRow(instance.database, row, edit, instance.now())
  return json({ Attribute: storedJson(instance.database.row(row.id) ?? row) })
}

/** `/attributes/delete/<id>[/1]`: soft, or hard with a 1 behind it. */
export function removeAttribute(exchange: Exchange): Answer {
  const { instance, args, url } = exchange
  const row = visibleRow(exchange)
  if (row === undefined) return prettyFailure(404, 'Invalid attribute', url)
  deleteRow(instance.database, row, args[1] === '1' ? 'hard' : 'soft', instance.now())
  return json({ message: 'Attribute deleted.' })
}
