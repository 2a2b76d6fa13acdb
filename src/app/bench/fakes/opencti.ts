import { isRecord } from '../../../core/json.ts'
import type { ObservableType } from '../../../core/observable.ts'
import { knownType } from '../alerts/values.ts'
import { uuidOf } from './identifiers.ts'
import type { FakeAnswer, FakeRequest } from './serve.ts'

type Node = Readonly<Record<string, unknown>>

/** What OpenCTI calls the types, and the object and path of a pattern. */
const TYPES: Readonly<Record<ObservableType, readonly [entity: string, path: string]>> = {
  ipv4: ['IPv4-Addr', 'ipv4-addr:value'],
  ipv6: ['IPv6-Addr', 'ipv6-addr:value'],
  domain: ['Domain-Name', 'domain-name:value'],
  url: ['Url', 'url:value'],
  email: ['Email-Addr', 'email-addr:value'],
  md5: ['StixFile', 'file:hashes.MD5'],
  sha1: ['StixFile', "file:hashes.'SHA-1'"],
  sha256: ['StixFile', "file:hashes.'SHA-256'"],
  sha512: ['StixFile', "file:hashes.'SHA-512'"],
}

const VERSION = '6.7.11'
const MADE_AT = '2026-01-01T00:00:00.000Z'
/** Ids whose values are remembered between a look-up and its details; the oldest are forgotten. */
const MAX_IDS = 10_000

/**
 * An OpenCTI 6.7 as far as look-ups ask it: the operations `About`, `Lookup` and `Details` of Tripline's own documents, told apart
 * by name, with the fields they select. Of a value that `knownType` knows it has an observable and an indicator based on it.
 */
export function fakeOpenCti(token: string): (request: FakeRequest) => FakeAnswer {
  const values = new Map<string, string>()
  const idOf = (kind: string, value: string): string => {
    const id = uuidOf(`${kind} ${value}`)
    values.delete(id)
    values.set(id, value)
    const [oldest] = values.keys()
    if (values.size > MAX_IDS && oldest !== undefined) values.delete(oldest)
    return id
  }
  return ({ method, path, authorization, body }) => {
    if (method !== 'POST' || path !== '/graphql') return { status: 404, body: {} }
    if (authorization !== `Bearer ${token}`)
      return refused('AUTH_REQUIRED', 'You must be logged in to do this.')
    const { operationName, variables } = isRecord(body) ? body : {}
    const asked = isRecord(variables) ? variables : {}
    if (operationName === 'About') return data(ABOUT)
    if (operationName === 'Lookup') return data(lookUp(asked, idOf))
    if (operationName === 'Details') return data(details(asked, { idOf, values }))
    return refused('GRAPHQL_VALIDATION_FAILED', 'The fake does not know this operation.')
  }
}

const ABOUT = {
  about: { version: VERSION },
  me: { name: 'bench', user_email: 'bench@example.com', capabilities: [{ name: 'KNOWLEDGE' }] },
} as const

function data(value: Node): FakeAnswer {
  return { status: 200, body: { data: value } }
}

/** OpenCTI's errors come with status 200. */
function refused(code: string, message: string): FakeAnswer {
  const extensions = { code, data: { http_status: 401, genre: 'TECHNICAL' } }
  return { status: 200, body: { errors: [{ message, extensions }], data: null } }
}

type IdOf = (kind: 'observable' | 'indicator', value: string) => string

function lookUp(asked: Node, idOf: IdOf): Node {
  const observables = valuesIn(asked['observables']).filter((value) => knownType(value) !== undefined)
  const patterned = valuesIn(asked['indicators']).flatMap((pattern) => {
    const value = /^\[[^=]+ = '([^']+)'\]$/.exec(pattern)?.[1] ?? ''
    return patternOf(value) === pattern ? [value] : []
  })
  return {
    ...(asked['withObservables'] === true
      ? {
          stixCyberObservables: connection(
            observables.map((value) => ({
              id: idOf('observable', value),
              entity_type: entityOf(value),
              observable_value: value,
              ...valueFields(value),
            })),
          ),
        }
      : {}),
    ...(asked['withIndicators'] === true
      ? {
          indicators: connection(
            patterned.map((value) => ({
              id: idOf('indicator', value),
              standard_id: `indicator--${uuidOf(value)}`,
              pattern: patternOf(value),
              pattern_type: 'stix',
            })),
          ),
        }
      : {}),
  }
}

interface Known {
  readonly idOf: IdOf
  readonly values: ReadonlyMap<string, string>
}

function details(asked: Node, { idOf, values }: Known): Node {
  const named = (filters: unknown): readonly string[] =>
    valuesIn(filters).flatMap((id) => values.get(id) ?? [])
  return {
    ...(asked['withObservables'] === true
      ? {
          stixCyberObservables: connection(
            named(asked['observables']).map((value) => ({
              ...observable(value, idOf),
              ...(asked['withRelated'] === true ? RELATED[knownType(value) ?? 'domain'] : {}),
            })),
          ),
        }
      : {}),
    ...(asked['withIndicators'] === true
      ? {
          indicators: connection(
            named(asked['indicators']).map((value) => ({
              ...indicator(value, idOf),
              externalReferences: NOTHING,
            })),
          ),
        }
      : {}),
  }
}

function connection(nodes: readonly Node[]): Node {
  return {
    pageInfo: { hasNextPage: false, endCursor: '' },
    edges: nodes.map((node) => ({ node })),
  }
}

function entityOf(value: string): string {
  return TYPES[knownType(value) ?? 'domain'][0]
}

function patternOf(value: string): string | undefined {
  const type = knownType(value)
  return type === undefined ? undefined : `[${TYPES[type][1]} = '${value}']`
}

const NOTHING = { edges: [] } as const
/** Names and URLs are related to addresses, addresses to names; the fake relates nothing. */
const RELATED: Readonly<Partial<Record<ObservableType, Node>>> = {
  ipv4: { from_names: NOTHING },
  ipv6: { from_names: NOTHING },
  domain: { to_addresses: NOTHING },
  url: { to_addresses: NOTHING },
}

const ALGORITHMS: Readonly<Partial<Record<ObservableType, string>>> = {
  md5: 'MD5',
  sha1: 'SHA-1',
  sha256: 'SHA-256',
}

function valueFields(value: string): Node {
  const algorithm = ALGORITHMS[knownType(value) ?? 'domain']
  return algorithm === undefined ? { value } : { hashes: [{ algorithm, hash: value }] }
}

const FILE = { extensions: null, size: null, name: null, x_opencti_additional_names: null } as const

function observable(value: string, idOf: IdOf): Node {
  return {
    id: idOf('observable', value),
    standard_id: `${entityOf(value).toLowerCase()}--${uuidOf(value)}`,
    entity_type: entityOf(value),
    observable_value: value,
    x_opencti_score: 50,
    x_opencti_description: 'Made up by tripline bench',
    created_at: MADE_AT,
    updated_at: MADE_AT,
    createdBy: null,
    objectLabel: [],
    externalReferences: NOTHING,
    indicators: { edges: [{ node: indicator(value, idOf) }] },
    ...valueFields(value),
    ...(entityOf(value) === 'StixFile' ? FILE : {}),
  }
}

function indicator(value: string, idOf: IdOf): Node {
  return {
    id: idOf('indicator', value),
    standard_id: `indicator--${uuidOf(value)}`,
    entity_type: 'Indicator',
    name: value,
    description: 'Made up by tripline bench',
    pattern: patternOf(value),
    pattern_type: 'stix',
    indicator_types: ['malicious-activity'],
    valid_from: MADE_AT,
    valid_until: null,
    revoked: false,
    confidence: 50,
    x_opencti_score: 50,
    x_opencti_detection: true,
    x_opencti_main_observable_type: entityOf(value),
    x_mitre_platforms: null,
    created_at: MADE_AT,
    updated_at: MADE_AT,
    createdBy: null,
    objectMarking: [],
    objectLabel: [],
    killChainPhases: [],
    stixCoreRelationships: NOTHING,
  }
}

/** Every value in a filter group and the groups in it; names and types of patterns are no values that are known. */
function valuesIn(group: unknown): readonly string[] {
  if (!isRecord(group)) return []
  const { filters, filterGroups } = group
  const own = Array.isArray(filters)
    ? filters.flatMap((filter: unknown) => (isRecord(filter) ? textsIn(filter['values']) : []))
    : []
  const inner = Array.isArray(filterGroups) ? filterGroups.flatMap(valuesIn) : []
  return [...new Set([...own, ...inner])]
}

function textsIn(values: unknown): readonly string[] {
  return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : []
}
