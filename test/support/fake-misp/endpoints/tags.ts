import type { Answer } from '../http/answer.ts'
import { compactJson, json } from '../http/answer.ts'
import type { Exchange } from '../http/exchange.ts'

/** `/tags/index[/searchall:text]`. */
export function indexTags({ instance, named }: Exchange): Answer {
  const wanted = (named['searchall'] ?? '').toLowerCase()
  const found = [...instance.database.tags.all.values()].filter(({ name }) =>
    name.toLowerCase().includes(wanted),
  )
  return compactJson({
    Tag: found.map((tag) => ({
      id: String(tag.id),
      name: tag.name,
      colour: tag.colour,
      exportable: true,
      org_id: '0',
      user_id: '0',
      hide_tag: false,
      numerical_value: tag.numericalValue,
      is_galaxy: tag.isGalaxy,
      is_custom_galaxy: false,
      local_only: false,
      favourite: false,
    })),
  })
}

/** `/tags/search/<name>`: looks only in enabled taxonomies and galaxies, of which the fake has none. */
export function searchTags(): Answer {
  return json([])
}
