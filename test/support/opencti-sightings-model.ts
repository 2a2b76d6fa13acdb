import { randomUUID } from 'node:crypto'

interface Stored {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly first: number
  readonly last: number
  readonly count: number
  readonly confidence?: number
}

type Variables = Readonly<Record<string, unknown>>

/** Becomes an entry of `errors` in the answer. */
export class ModelFault extends Error {
  readonly code: string
  constructor(code: string, message = `Scripted ${code}`) {
    super(message)
    this.code = code
  }
}

/**
 * What an OpenCTI does with sightings (facts/opencti.md, D1): one mutation or query at a time, by its operation name. What it
 * is asked for is in `requests`; tests say what goes wrong.
 */
export interface SightingModel {
  version: string
  readonly requests: string[]
  /** Variables of each request, beside `requests`. */
  readonly variables: Variables[]
  readonly stored: Map<string, Stored>
  /** Type and name by id. */
  readonly places: Map<string, { readonly type: string; readonly name: string }>
  /** Indicators that are not there. */
  readonly gone: Set<string>
  /** How patches of what is not there are answered: 5.12 to 7.26 are not alike. */
  answerToGone: 'null' | 'ALREADY_DELETED_ERROR' | 'FUNCTIONAL_ERROR'
  /** Called before a request is worked on; throws to refuse it. */
  before: (operation: string, variables: Variables) => void | Promise<void>
  /** Called after it; throws to lose the answer. */
  after: (operation: string) => void | Promise<void>
  answer(operation: string, variables: Variables): Promise<Record<string, unknown>>
}

const SAME_MS = 30 * 86_400_000

export function sightingModel(): SightingModel {
  const model: SightingModel = {
    version: '6.7.11',
    requests: [],
    variables: [],
    stored: new Map(),
    places: new Map(),
    gone: new Set(),
    answerToGone: 'FUNCTIONAL_ERROR',
    before: () => undefined,
    after: () => undefined,
    answer: async (operation, variables) => {
      model.requests.push(operation)
      model.variables.push(variables)
      await model.before(operation, variables)
      const data = OPERATIONS[operation]?.(model, variables)
      if (data === undefined) throw new ModelFault('GRAPHQL_VALIDATION_FAILED')
      await model.after(operation)
      return data
    },
  }
  return model
}

const OPERATIONS: Readonly<
  Record<string, (model: SightingModel, variables: Variables) => Record<string, unknown>>
> = {
  About: ({ version }) => ({ about: { version }, me: null }),
  AddSighting: (model, { input }) => ({ stixSightingRelationshipAdd: shown(add(model, input as Input)) }),
  Sightings: ({ stored }, { fromId, toId }) => ({
    stixSightingRelationships: {
      pageInfo: { hasNextPage: false, endCursor: '' },
      edges: [...stored.values()]
        .filter(({ from, to }) => from === fromId && to === toId)
        .map((node) => ({ node: shown(node) })),
    },
  }),
  PatchSighting: (model, { id, input }) => ({
    stixSightingRelationshipEdit: { fieldPatch: patch(model, id as string, input as readonly Edit[]) },
  }),
  AddSecurityPlatform: (model, { input }) => {
    if (/^[0-5]\.|^6\.[0-6]\./.test(model.version)) throw new ModelFault('GRAPHQL_VALIDATION_FAILED')
    return { securityPlatformAdd: place(model, 'Security-Platform', input as { name: string }) }
  },
  AddSystem: (model, { input }) => ({ systemAdd: place(model, 'System', input as { name: string }) }),
}

interface Input {
  readonly fromId: string
  readonly toId: string
  readonly first_seen: string
  readonly last_seen: string
  readonly attribute_count: number
  readonly confidence?: number
}

interface Edit {
  readonly key: string
  readonly value: readonly string[]
}

const near = (a: number, b: number): boolean => Math.abs(a - b) <= SAME_MS

function add(model: SightingModel, input: Input): Stored {
  const { fromId: from, toId: to, attribute_count: given, confidence } = input
  if (model.gone.has(from) || !model.places.has(to)) throw new ModelFault('MISSING_REFERENCE_ERROR')
  const first = Date.parse(input.first_seen)
  const last = Date.parse(input.last_seen)
  const known = [...model.stored.values()].find(
    (one) => one.from === from && one.to === to && near(one.first, first) && near(one.last, last),
  )
  if (known === undefined) {
    const id = randomUUID()
    const made = {
      id,
      from,
      to,
      first,
      last,
      count: given,
      ...(confidence === undefined ? {} : { confidence }),
    }
    model.stored.set(id, made)
    return made
  }
  const hasMoved = first < known.first || last > known.last
  const merged = {
    ...known,
    first: Math.min(first, known.first),
    last: Math.max(last, known.last),
    count: hasMoved ? known.count + given : given,
  }
  model.stored.set(known.id, merged)
  return merged
}

function patch(model: SightingModel, id: string, input: readonly Edit[]): Record<string, unknown> | null {
  const known = model.stored.get(id)
  if (known === undefined) {
    if (model.answerToGone === 'null') return null
    throw new ModelFault(model.answerToGone, 'Cant find element to update')
  }
  const text = (key: string): string | undefined => input.find((edit) => edit.key === key)?.value[0]
  const changed = {
    ...known,
    first: Date.parse(text('first_seen') ?? new Date(known.first).toISOString()),
    last: Date.parse(text('last_seen') ?? new Date(known.last).toISOString()),
    count: Number(text('attribute_count') ?? known.count),
  }
  if (changed.first > changed.last) throw new ModelFault('FUNCTIONAL_ERROR', 'First seen is after last seen')
  model.stored.set(id, changed)
  return shown(changed)
}

function place(model: SightingModel, type: string, { name }: { name: string }): { readonly id: string } {
  const folded = name.trim().toLowerCase()
  const known = [...model.places].find(
    ([, one]) => one.type === type && one.name.trim().toLowerCase() === folded,
  )
  if (known !== undefined) return { id: known[0] }
  const id = randomUUID()
  model.places.set(id, { type, name })
  return { id }
}

function shown({ id, first, last, count }: Stored): Record<string, unknown> {
  return {
    id,
    first_seen: new Date(first).toISOString(),
    last_seen: new Date(last).toISOString(),
    attribute_count: count,
  }
}
