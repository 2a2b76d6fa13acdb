import { attributeSearch } from '../endpoints/attribute-search.ts'
import {
  addAttribute,
  editAttribute,
  indexAttributes,
  removeAttribute,
  viewAttribute,
} from '../endpoints/attributes.ts'
import { eventIndex } from '../endpoints/event-index.ts'
import { searchEvents, viewEvent } from '../endpoints/events.ts'
import { getPyMispVersion, getVersion, viewMe } from '../endpoints/service.ts'
import { addSighting } from '../endpoints/sighting-add.ts'
import {
  bulkSaveSightings,
  deleteSighting,
  indexSightings,
  listSightings,
  searchSightings,
  viewSighting,
} from '../endpoints/sightings.ts'
import { indexTags, searchTags } from '../endpoints/tags.ts'
import {
  checkValue,
  exportWarningList,
  indexWarningLists,
  viewWarningList,
} from '../endpoints/warning-lists.ts'
import type { Answer } from './answer.ts'
import type { Exchange } from './exchange.ts'

export type Endpoint = (exchange: Exchange) => Answer

export interface Route {
  readonly endpoint: Endpoint
  /** Counts for the limit of a role, and counts as API without `Accept`. */
  readonly search?: true
  /** The right that is needed beside a valid key. */
  readonly needs?: 'add' | 'sighting'
}

/** By `controller/action`, lower-cased: letter case does not matter (meta__getVersion_wrong_case). */
export const ROUTES: Readonly<Record<string, Route>> = {
  'attributes/restsearch': { endpoint: attributeSearch, search: true },
  'attributes/view': { endpoint: viewAttribute },
  'attributes/index': { endpoint: indexAttributes },
  'attributes/add': { endpoint: addAttribute, needs: 'add' },
  'attributes/edit': { endpoint: editAttribute, needs: 'add' },
  'attributes/delete': { endpoint: removeAttribute, needs: 'add' },
  'events/restsearch': { endpoint: searchEvents, search: true },
  'events/index': { endpoint: eventIndex },
  'events/view': { endpoint: viewEvent },
  'servers/getversion': { endpoint: getVersion },
  'servers/getpymispversion': { endpoint: getPyMispVersion },
  'users/view': { endpoint: viewMe },
  'sightings/add': { endpoint: addSighting, needs: 'sighting' },
  'sightings/bulksavesightings': { endpoint: bulkSaveSightings, needs: 'sighting' },
  'sightings/delete': { endpoint: deleteSighting, needs: 'sighting' },
  'sightings/restsearch': { endpoint: searchSightings },
  'sightings/index': { endpoint: indexSightings },
  'sightings/listsightings': { endpoint: listSightings },
  'sightings/view': { endpoint: viewSighting },
  'tags/index': { endpoint: indexTags },
  'tags/search': { endpoint: searchTags },
  'warninglists/checkvalue': { endpoint: checkValue },
  'warninglists/index': { endpoint: indexWarningLists },
  'warninglists/view': { endpoint: viewWarningList },
  'warninglists/export': { endpoint: exportWarningList },
}

/** A controller that is none is a 404, an action that is none a 403. */
export const CONTROLLERS = new Set([
  ...Object.keys(ROUTES).map((key) => key.split('/')[0] ?? ''),
  'admin',
  'roles',
])
