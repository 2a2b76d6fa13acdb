import type { PageQuery } from '../filters/page.ts'
import { page } from '../filters/page.ts'
import type { Answer } from '../http/answer.ts'
import type { Instance } from '../instance.ts'
import { matcherOf } from '../stream/collections.ts'
import { toStix } from '../stream/stix.ts'
import type { StoredObject } from '../store/stored.ts'
import type { User } from '../users.ts'
import { may } from '../users.ts'
import type { Collection } from '../stream/types.ts'

export interface TaxiiRequest {
  readonly method: string
  readonly path: string
  readonly target: string
  readonly user: User | undefined
}

/** `app:data_sharing:taxii:max_pagination_result`. */
const LARGEST_PAGE = 500

/** TAXII 2.1 as far as a reader needs it: the root, its collections, and objects by time of change. */
export function answerTaxii(instance: Instance, { method, path, target, user }: TaxiiRequest): Answer {
  if (user === undefined) return taxiiError(401, 'You must be logged in to do this.', 'AUTH_REQUIRED')
  if (!may(user, 'TAXIIAPI')) return taxiiError(403, 'You are not allowed to do this.', 'FORBIDDEN_ACCESS')
  const [, , root, collections, id, what] = path.split('/')
  if (root === undefined || root === '')
    return answerJson({ title: 'OpenCTI TAXII Server', api_roots: ['/taxii2/root'] })
  if (root !== 'root' || (collections !== undefined && collections !== 'collections')) return notFound()
  if (id === undefined)
    return answerJson({ collections: [...instance.taxiiCollections.values()].map(described) })
  const collection = instance.taxiiCollections.get(id)
  if (collection === undefined) return notFound()
  if (what === undefined) return answerJson(described(collection))
  return what === 'objects' && method === 'GET' ? objects(instance, collection, target) : notFound()
}

function described({ id, name, description }: Collection): unknown {
  return {
    id,
    title: name,
    description: description ?? '',
    can_read: true,
    can_write: false,
    media_types: ['application/stix+json;version=2.1'],
  }
}

/** Deletions are not seen here. `next` is there even when nothing comes after. */
function objects(instance: Instance, collection: Collection, target: string): Answer {
  const query = new URL(target, 'http://opencti.invalid').searchParams
  const added = query.get('added_after')
  const limit = Number(query.get('limit') ?? LARGEST_PAGE)
  const next = query.get('next')
  const matcher = matcherOf(collection)
  const wanted = added === null ? undefined : new Date(added).toISOString()
  const test = (object: StoredObject): boolean =>
    matcher(object) && (wanted === undefined || object.updated_at > wanted)
  const size = Math.min(Number.isInteger(limit) && limit > 0 ? limit : LARGEST_PAGE, LARGEST_PAGE)
  const asked: PageQuery = {
    first: size + 1,
    after: next,
    orderBy: 'updated_at',
    also: { name: `taxii ${collection.id} ${wanted ?? ''}`, test },
  }
  const { edges } = page(instance.database.sources('indicator'), asked)
  const shown = edges.slice(0, size)
  const last = shown.at(-1)
  const answer = answerJson({
    more: edges.length > size,
    ...(last === undefined ? {} : { next: last.cursor() }),
    objects: shown.map(({ node }) => toStix(instance, node)),
  })
  if (last === undefined) return answer
  return { ...answer, headers: { 'X-TAXII-Date-Added-Last': last.node.updated_at } }
}

function notFound(): Answer {
  return taxiiError(404, 'Collection not found', 'RESOURCE_NOT_FOUND')
}

function taxiiError(status: number, title: string, code: string): Answer {
  return answerJson({ title, error_code: code, http_status: String(status) }, status)
}

function answerJson(value: unknown, status = 200): Answer {
  return { status, body: JSON.stringify(value), type: 'application/taxii+json;version=2.1' }
}
