import type { Exchange } from '../http/exchange.ts'
import type { Filter } from '../search/terms.ts'

/** Order of the parts of a path that carry no name (proto__get_with_ordered_params). */
const ORDERED = ['returnFormat', 'value', 'type', 'category', 'org', 'tags', 'from', 'to', 'last', 'eventid']

/**
 * The filter of a request: the JSON or form body of a POST, else the path. A list, a string, a body without content type and
 * the body of any other method count as none at all.
 */
export function filterOf({ method, body, args, named }: Exchange): Filter {
  const ordered = Object.fromEntries(
    args.flatMap((arg, place) => {
      const name = ORDERED[place]
      return name === undefined || ['', 'null', 'false'].includes(arg) ? [] : [[name, arg]]
    }),
  )
  return { ...ordered, ...named, ...(method === 'POST' ? objectBody(body) : {}) }
}

export function objectBody(body: unknown): Filter {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return {}
  const wrapped = (body as { request?: unknown }).request
  return typeof wrapped === 'object' && wrapped !== null && !Array.isArray(wrapped)
    ? (wrapped as Filter)
    : (body as Filter)
}
