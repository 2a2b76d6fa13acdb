import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a real MISP 2.5.1 was asked and said; beside the checkout, not part of it. */
const FOLDER = join(import.meta.dirname, '../../../../../shared/data/misp-recorded')

export const recordingPresent = existsSync(FOLDER)

type Headers = readonly (readonly [name: string, value: string])[]

export interface Exchange {
  /** `group__name` */
  readonly name: string
  readonly group: string
  readonly user: string | undefined
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly body: Buffer | undefined
  readonly status: number
  readonly answerHeaders: ReadonlyMap<string, string>
  readonly answer: string
  /** The answer was too long to be kept whole. */
  readonly cut: boolean
  /** Rows of the server's database then. */
  readonly attributes: number
  /** Unix seconds, from the answer's Date. */
  readonly at: number
}

interface Stored {
  readonly name: string
  readonly group: string
  readonly as_user: string | null
  readonly db_attributes: number
  readonly request: {
    method: string
    path: string
    headers: Headers
    body: string | null
    body_meta?: { total_chars?: number }
  }
  readonly response: {
    status: number
    headers: Headers
    body: string | null
    body_meta?: { truncated?: boolean }
  }
}

/** All of them, in the order in which the server answered. */
export function readExchanges(): readonly Exchange[] {
  const files = readdirSync(FOLDER).filter((file) => file.includes('__'))
  const read = files.map((file) => {
    const stored = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Stored
    return exchangeOf(file.slice(0, -'.json'.length), stored)
  })
  return read.toSorted((a, b) => a.at - b.at || created(a) - created(b) || (a.name < b.name ? -1 : 1))
}

function exchangeOf(
  name: string,
  { group, as_user: user, db_attributes: attributes, request, response }: Stored,
): Exchange {
  const answerHeaders = new Map(response.headers.map(([header, value]) => [header.toLowerCase(), value]))
  return {
    name,
    group,
    user: user ?? undefined,
    method: request.method,
    path: request.path,
    headers: request.headers,
    body: request.body === null ? undefined : bodyOf(request.body, request),
    status: response.status,
    answerHeaders,
    answer: response.body ?? '',
    cut: response.body_meta?.truncated === true,
    attributes,
    at: Date.parse(answerHeaders.get('date') ?? '') / 1000,
  }
}

/** Within a second, what was saved goes by its id, and some by what they say. */
function created({ name, answer }: Exchange): number {
  const known = PLACE_IN_SECOND[name]
  if (known !== undefined) return known
  const id = /^\{\s*"(?:Sighting|Attribute)": [[{\s]*"id": "(\d+)"/.exec(answer)
  return id === null ? 0 : Number(id[1])
}

const PLACE_IN_SECOND: Readonly<Record<string, number>> = {
  sync__before_event_delete: -1,
  sightings__index_after_repeats: 36.5,
  sightings__restSearch_includeSightings_after: 43.5,
  sightings__restSearch_includeSightings_after_as_user2: 43.5,
  sightings__view_by_id: 323.1,
  sightings__delete_other_org: 323.2,
  sightings__delete: 323.3,
  sightings__delete_again: 323.4,
  attribute__add_duplicate: 154.5,
  ratelimit__events_restsearch_when_limited: 1,
  ratelimit__wrong_params_when_limited: 1,
  ratelimit__getversion_when_limited: 1,
  ratelimit__sighting_when_limited: 1,
}

/** Bytes that are no UTF-8 are kept one character each; long bodies were cut and are made again. */
function bodyOf(text: string, { headers, body_meta: meta }: Stored['request']): Buffer {
  const total = meta?.total_chars
  if (total !== undefined) return Buffer.from(refilled(text, total))
  const raw = headers.some(([name]) => name.toLowerCase() === 'content-encoding') || text.includes('"ÿþ"')
  return Buffer.from(text, raw ? 'latin1' : 'utf8')
}

/** The cut bodies are blanks behind JSON, or lists of numbered values. */
function refilled(text: string, total: number): string {
  const pattern = /^\{"value": \["(\D*)0(\D[^"]*)"/.exec(text)
  if (pattern === null) return text.trimEnd().padEnd(total, ' ')
  const [, before = '', after = ''] = pattern
  const end = ']}'
  const values: string[] = []
  let length = '{"value": ['.length + end.length
  for (let n = 0; length < total; n += 1) {
    const value = `"${before}${n}${after}"`
    values.push(value)
    length += value.length + (n === 0 ? 0 : 2)
  }
  return `{"value": [${values.join(', ')}${end}`
}
