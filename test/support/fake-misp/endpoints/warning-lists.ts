import type { Answer } from '../http/answer.ts'
import { failure, json, TEXTS } from '../http/answer.ts'
import type { Exchange } from '../http/exchange.ts'
import { isLost } from '../search/terms.ts'
import type { WarningList } from '../store/warning-lists.ts'
import { objectBody } from './filter-of.ts'

const DESCRIPTION = {
  name: '/warninglists/checkValue API description',
  description:
    'POST a JSON list with value(s) to check against the warninglists to get a JSON dictionary as a response with any hits, if there are any (with the key being the passed value triggering a warning).',
  mandatory_fields: ['[]'],
  url: '/warninglists/checkValue',
}

/** `/warninglists/checkValue`: letter case counts, no types, and no hits is a list instead of an object. */
export function checkValue({ instance, method, body, url }: Exchange): Answer {
  if (method === 'GET') return json(DESCRIPTION)
  const values = valuesOf(body)
  if (values.length === 0) return failure(404, 'No valid data received.', url)
  if (values.some((value) => typeof value === 'object')) return failure(500, TEXTS.internal, url)
  const enabled = instance.warningLists.all.filter((list) => list.enabled)
  const hits = values.flatMap((value) => {
    const found = enabled.flatMap((list) => {
      const matched = list.match(String(value))
      return matched === undefined ? [] : [{ id: String(list.id), name: list.name, matched }]
    })
    return found.length === 0 ? [] : [[String(value), found] as const]
  })
  const answer: Record<string, object[]> = {}
  for (const [value, found] of hits) answer[value] = [...(answer[value] ?? []), ...found]
  return json(hits.length === 0 ? [] : answer)
}

function valuesOf(body: unknown): readonly unknown[] {
  if (Array.isArray(body)) return body
  if (typeof body !== 'object' || body === null) return body === undefined || body === null ? [] : [body]
  return Object.values(body).flat()
}

/** `/warninglists/index`: newest id first; `{"enabled": 1}` narrows. */
export function indexWarningLists(exchange: Exchange): Answer {
  const { enabled } = { ...exchange.named, ...objectBody(exchange.body) } as { enabled?: unknown }
  const lists = exchange.instance.warningLists.all
    .filter((list) => enabled === undefined || list.enabled === !isLost(enabled))
    .toSorted((a, b) => b.id - a.id)
  return json({
    Warninglists: lists.map((list) => ({
      Warninglist: {
        ...head(list),
        warninglist_entry_count: String(list.entries.length),
        valid_attributes: typesOf(list).join(', '),
      },
    })),
  })
}

function head(list: WarningList): object {
  return {
    id: String(list.id),
    name: list.name,
    type: list.type,
    description: list.description,
    version: String(list.version),
    enabled: list.enabled,
    default: list.default,
    category: list.category,
  }
}

/** MISP writes `ALL` where a list names no types. */
function typesOf({ types }: WarningList): readonly string[] {
  return types.length === 0 ? ['ALL'] : types
}

/** `/warninglists/view/<id>`: all entries, each with an id of its own. */
export function viewWarningList(exchange: Exchange): Answer {
  const list = exchange.instance.warningLists.byId(exchange.args[0] ?? '')
  if (list === undefined) return failure(404, 'Warninglist not found.', exchange.url)
  const warninglist_id = String(list.id)
  return json({
    Warninglist: {
      ...head(list),
      WarninglistEntry: list.entries.map((value, place) => ({
        id: String(list.id * 1_000_000 + place),
        value,
        warninglist_id,
        comment: null,
      })),
      WarninglistType: typesOf(list).map((type, place) => ({
        id: String(list.id * 100 + place),
        type,
        warninglist_id,
      })),
    },
  })
}

/** `/warninglists/export/<id>`: the shape of `list.json` in misp-warninglists, no more (from MISP's source, not recorded). */
export function exportWarningList(exchange: Exchange): Answer {
  const list = exchange.instance.warningLists.byId(exchange.args[0] ?? '')
  if (list === undefined) return failure(404, 'Warninglist not found.', exchange.url)
  return json({
    name: list.name,
    type: list.type,
    version: list.version,
    description: list.description,
    matching_attributes: typesOf(list),
    list: list.entries,
  })
}
