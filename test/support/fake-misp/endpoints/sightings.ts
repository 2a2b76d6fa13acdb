import type { Answer } from '../http/answer.ts'
import { compactJson, failure, json, prettyFailure } from '../http/answer.ts'
import type { Exchange } from '../http/exchange.ts'
import { mayseeEvent } from '../search/filters.ts'
import { parseTime } from '../search/times.ts'
import type { StoredSighting } from '../types.ts'
import { objectBody } from './filter-of.ts'
import { sightingJson } from './sighting-json.ts'

/** `/sightings/bulkSaveSightings/<event>`: known UUIDs are skipped, so that it may be repeated (from MISP's source, not recorded). */
export function bulkSaveSightings(exchange: Exchange): Answer {
  const { instance, user, url, body, args } = exchange
  const event = instance.database.eventBy(args[0] ?? '')
  if (event === undefined || !mayseeEvent(event, user)) return failure(404, 'Invalid event', url)
  const list = Array.isArray(body) ? (body as readonly unknown[]) : []
  const saved = list.filter((entry) => saveOne(exchange, objectBody(entry))).length
  if (saved === 0) return prettyFailure(200, 'No sightings added.', url, { saved: false, success: false })
  const text = `${saved} sightings added.`
  return json({ saved: true, success: text, name: text, message: text, url })
}

function saveOne({ instance, user }: Exchange, entry: ReturnType<typeof objectBody>): boolean {
  const { uuid, attribute_uuid: attribute, date_sighting: date, type = '0', source = '' } = entry
  if (typeof uuid !== 'string' || typeof attribute !== 'string' || instance.sightings.has(uuid)) return false
  const row = instance.database.rowBy(attribute)
  if (row === undefined || !mayseeEvent(row.event, user)) return false
  instance.sightings.add(row, {
    uuid,
    orgId: user.orgId,
    date: Math.round(Number(date ?? instance.now())),
    type: String(type) as StoredSighting['type'],
    source: String(source),
  })
  return true
}

const HEADERS = {
  'X-Result-Count': '0',
  'X-Export-Module-Used': 'json',
  'X-Response-Format': 'json',
  'X-Skipped-Elements-Count': '0',
}

/** `/sightings/restSearch`: the header counts nothing, the limit neither; ids must be JSON numbers. */
export function searchSightings(exchange: Exchange): Answer {
  const { instance, args, url } = exchange
  const { id, source, last } = objectBody(exchange.body)
  const [scope] = args
  if (scope !== undefined && typeof id !== 'number')
    return failure(400, `Invalid ID \`${String(id)}\` provided.`, url)
  const since = last === undefined ? instance.now() - 30 * 86_400 : parseTime(last, instance.now())
  const found = visible(exchange)
    .filter(({ date }) => date >= since)
    .filter((each) => source === undefined || each.source === source)
    .filter((each) => scope !== 'attribute' || each.attributeId === id)
    .filter((each) => scope !== 'event' || each.eventId === id)
  const entries = found.map((sighting) => ({
    Sighting: {
      ...sightingJson(sighting),
      value: instance.database.row(sighting.attributeId)?.value ?? '',
      Organisation: organisation(exchange, sighting),
    },
  }))
  const body = `{"response": ${JSON.stringify(entries)}}\n`
  return { status: 200, body, type: 'application/json', headers: HEADERS }
}

function visible({ instance, user }: Exchange): readonly StoredSighting[] {
  return instance.sightings.all.filter(({ orgId, eventId }) => {
    const event = instance.database.events.get(eventId)
    return user.role.siteAdmin || orgId === user.orgId || event?.orgId === user.orgId
  })
}

function organisation({ instance }: Exchange, { orgId }: StoredSighting): object {
  const { id, uuid, name } = instance.database.organisations.byId(orgId)
  return { id: String(id), uuid, name }
}

/** `/sightings/index/<event>`. */
export function indexSightings(exchange: Exchange): Answer {
  const event = exchange.instance.database.eventBy(exchange.args[0] ?? '')
  const found = visible(exchange).filter(({ eventId }) => event === undefined || eventId === event.id)
  return json(
    found.map((each) => ({
      ...sightingJson(each),
      attribute_uuid: each.attributeUuid,
      Organisation: organisation(exchange, each),
    })),
  )
}

/** `/sightings/listSightings/<id>/attribute|event`: newest first. */
export function listSightings(exchange: Exchange): Answer {
  const [id = '', scope = 'event'] = exchange.args
  const found = visible(exchange)
    .filter((each) => String(scope === 'attribute' ? each.attributeId : each.eventId) === id)
    .toSorted((a, b) => b.date - a.date)
  const names = exchange.instance.database.organisations
  return json(
    found.map((each) => ({
      Sighting: sightingJson(each),
      Organisation: { name: names.byId(each.orgId).name },
    })),
  )
}

export function viewSighting(exchange: Exchange): Answer {
  const found = named(exchange)
  if (found === undefined) return unknown(exchange)
  const { name } = exchange.instance.database.organisations.byId(found.orgId)
  return json({ Sighting: sightingJson(found), Organisation: { name } })
}

/** Only those of the own organisation can be deleted. */
export function deleteSighting(exchange: Exchange): Answer {
  const { instance, user, url } = exchange
  const found = named(exchange)
  if (found === undefined || (found.orgId !== user.orgId && !user.role.siteAdmin)) return unknown(exchange)
  instance.sightings.remove(found.id)
  const text = 'Sighting successfully deleted.'
  return json({ saved: true, success: true, name: text, message: text, url, id: String(found.id) })
}

function named({ instance, args }: Exchange): StoredSighting | undefined {
  const [id = ''] = args
  return instance.sightings.all.find((each) => String(each.id) === id || each.uuid === id)
}

function unknown({ url }: Exchange): Answer {
  return compactJson({ name: 'Invalid sighting.', message: 'Invalid sighting.', url }, 404)
}
