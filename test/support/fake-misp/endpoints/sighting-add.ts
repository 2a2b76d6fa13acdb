import type { Answer } from '../http/answer.ts'
import { compactJson, failure, json, TEXTS } from '../http/answer.ts'
import type { Exchange } from '../http/exchange.ts'
import { mayseeEvent, maySeeRow } from '../search/filters.ts'
import { findRows } from '../search/search.ts'
import type { Filter } from '../search/terms.ts'
import { textOf } from '../search/terms.ts'
import type { StoredAttribute } from '../store/stored.ts'
import { fold, halves } from '../store/fold.ts'
import type { StoredSighting } from '../types.ts'
import { objectBody } from './filter-of.ts'
import { sightingJson } from './sighting-json.ts'

const REASONS = {
  noMatch: 'No valid attributes found that match the criteria.',
  nothing: 'No valid attributes found.',
  type: 'Invalid type, please change it before you POST 1000000 sightings.',
  date: '{"date_sighting":["This field cannot be left blank"]}',
} as const

const DESCRIPTION = {
  name: '/sightings/add API description',
  description:
    'POST a simplified sighting object in JSON format to this API to add a or a list of sightings. Pass either value(s) or attribute IDs (can be uuids) to identify the target sightings.',
  mandatory_fields: { OR: ['values', 'id'] },
  optional_fields: ['type', 'source', 'timestamp', 'date', 'time', 'filters'],
  url: '/sightings/add',
}

/** The column takes 255 characters. */
const LONGEST_SOURCE = 255

const TYPES = new Set(['0', '1', '2'])

/** `/sightings/add`: one row for each attribute that matches, the answer shows the last one; a refusal is a 200 with a message. */
export function addSighting(exchange: Exchange): Answer {
  const { instance, user, url } = exchange
  if (exchange.method === 'GET') return json(DESCRIPTION)
  const outer = objectBody(exchange.body)
  const body = 'Sighting' in outer ? objectBody(outer['Sighting']) : outer
  const source = textOf(body['source'])
  const type = textOf(body['type'] ?? '0')
  const ids = exchange.args[0] ?? body['id'] ?? body['uuid']
  const date = dateOf(body, instance.now())
  if (source.length > LONGEST_SOURCE || date === 'broken' || Array.isArray(ids)) {
    return failure(500, TEXTS.internal, '/sightings/add')
  }
  if (!TYPES.has(type)) return refused(REASONS.type)
  const rows = ids === undefined ? rowsByValue(exchange, body) : rowsById(exchange, textOf(ids))
  if (rows === undefined) return refused(REASONS.nothing)
  if (rows.length === 0) return refused(REASONS.noMatch)
  if (date === undefined) return refused(REASONS.date)
  const stored = rows.map((row) =>
    instance.sightings.add(row, { orgId: user.orgId, date, source, type: type as StoredSighting['type'] }),
  )
  const last = stored.at(-1)
  return last === undefined ? failure(500, TEXTS.internal, url) : json({ Sighting: sightingJson(last) })
}

function refused(reason: string): Answer {
  return compactJson({ message: `Could not add the Sighting. Reason: ${reason}` })
}

/** Seconds as number or text, fractions rounded; ISO text is refused, a broken `time` is an error of the server. */
function dateOf(body: Filter, now: number): number | 'broken' | undefined {
  const { timestamp, date, time } = body
  if (timestamp !== undefined) {
    const seconds = Math.round(Number(timestamp))
    return Number.isNaN(seconds) ? undefined : seconds
  }
  if (date === undefined && time === undefined) return Math.trunc(now)
  const day = textOf(date) || new Date(now * 1000).toISOString().slice(0, 10)
  const moment = Date.parse(`${day}T${textOf(time) || '00:00:00'}Z`)
  return Number.isNaN(moment) ? 'broken' : moment / 1000
}

/** Numeric ids may be joined with a bar. */
function rowsById({ instance, user }: Exchange, ids: string): readonly StoredAttribute[] {
  return ids
    .split('|')
    .flatMap((id) => instance.database.rowBy(id) ?? [])
    .filter((row) => mayseeEvent(row.event, user) && maySeeRow(row, user))
}

function rowsByValue(exchange: Exchange, body: Filter): readonly StoredAttribute[] | undefined {
  const given = body['values'] ?? body['value']
  const values = (Array.isArray(given) ? given : [given]).filter(
    (value) => value !== undefined && value !== null,
  )
  if (values.length === 0) return undefined
  const texts = values.map(String)
  const { filters } = body
  if (typeof filters !== 'object' || filters === null) return rowsLike(exchange, texts)
  const { instance, user } = exchange
  const context = { database: instance.database, user, now: instance.now() }
  return [...findRows({ ...filters, value: texts }, context)]
}

/**
 * Without `filters` values are literal, IPv6 must be compressed, and any row counts: unpublished, without `to_ids`, deleted.
 * An empty string or a blank is the hidden second half of every plain attribute.
 */
function rowsLike({ instance, user }: Exchange, texts: readonly string[]): readonly StoredAttribute[] {
  const { database } = instance
  const wanted = new Set(texts.map(fold))
  const visible = (row: StoredAttribute): boolean => mayseeEvent(row.event, user) && maySeeRow(row, user)
  const matches = (row: StoredAttribute): boolean =>
    halves(row.type, row.value).some((half) => wanted.has(fold(half)))
  if (wanted.has('')) {
    return [...database.events.values()]
      .flatMap((event) => [...database.rowsOf(event)])
      .filter(visible)
      .filter(matches)
  }
  const ids = new Set([...wanted].flatMap((text) => database.index.find(text)))
  return [...ids]
    .toSorted((a, b) => a - b)
    .flatMap((id) => database.row(id) ?? [])
    .filter((row) => visible(row) && matches(row))
}
