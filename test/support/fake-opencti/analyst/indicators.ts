import type { Instance } from '../instance.ts'
import { buildObject, PARENTS, phaseOf } from '../store/build.ts'
import { standardId } from '../store/ids.ts'
import { mainTypeOf, normalPattern } from '../store/pattern.ts'
import type { StoredIndicator } from '../store/stored.ts'
import { isIndicator } from '../store/stored.ts'
import type { Added, FakeIndicatorInput } from '../types.ts'
import { addRelationship } from './relations.ts'

/** What an edit may change; the rest stays. */
export type IndicatorEdit = Partial<Omit<FakeIndicatorInput, 'id' | 'basedOn' | 'indicates'>>

export function indicatorBy(instance: Instance, ref: string): StoredIndicator {
  const found = instance.database.find(ref)
  if (found === undefined || !isIndicator(found)) throw new Error(`the fake OpenCTI has no indicator ${ref}`)
  return found
}

/** A pattern that is there already is not added a second time: the indicator is changed. */
export function addIndicator(instance: Instance, input: FakeIndicatorInput): Added {
  const made = build(instance, input)
  const old = instance.database.find(made.standard_id)
  const indicator = old === undefined ? made : { ...made, id: old.id, created_at: old.created_at }
  instance.database.put(indicator)
  if (old === undefined) instance.changed({ type: 'create', object: indicator })
  else instance.changed({ type: 'update', before: old, object: indicator })
  for (const to of input.basedOn ?? []) {
    addRelationship(instance, { from: indicator.id, to, relationship_type: 'based-on' })
  }
  for (const to of input.indicates ?? []) {
    addRelationship(instance, { from: indicator.id, to, relationship_type: 'indicates' })
  }
  return { id: indicator.id, standard_id: indicator.standard_id }
}

/** A changed pattern changes the STIX id; the old one is kept among the others. */
export function updateIndicator(
  instance: Instance,
  ref: string,
  edit: IndicatorEdit,
  referer?: string,
): StoredIndicator {
  const before = indicatorBy(instance, ref)
  const now = new Date(instance.now()).toISOString()
  const built = build(instance, {
    pattern: before.pattern,
    pattern_type: before.pattern_type,
    ...edit,
    updated_at: edit.updated_at ?? now,
    modified: edit.modified ?? edit.updated_at ?? now,
  })
  const changes = Object.fromEntries(
    Object.keys(edit).map((name) => {
      const stored = name === 'externalReferences' ? 'references' : name
      return [stored, built[stored]]
    }),
  )
  const moved = built.standard_id !== before.standard_id
  const object: StoredIndicator = {
    ...before,
    ...changes,
    updated_at: built.updated_at,
    modified: built.modified,
    standard_id: built.standard_id,
    x_opencti_stix_ids: moved
      ? [...before.x_opencti_stix_ids, before.standard_id]
      : before.x_opencti_stix_ids,
  }
  instance.database.put(object)
  instance.changed({ type: 'update', before, object, ...(referer === undefined ? {} : { referer }) })
  return object
}

/** As the expiration manager does, every five minutes, with what is past its end. */
export function expireIndicators(instance: Instance, at: number): readonly string[] {
  const due = [...instance.database.all('indicator')].filter(
    (object): object is StoredIndicator =>
      isIndicator(object) &&
      !object.revoked &&
      object.valid_until !== null &&
      Date.parse(object.valid_until) <= at,
  )
  for (const { id } of due) {
    updateIndicator(
      instance,
      id,
      { revoked: true, x_opencti_detection: false, x_opencti_score: 20 },
      'expiration',
    )
  }
  return due.map(({ id }) => id)
}

export function deleteIndicator(instance: Instance, ref: string): void {
  const object = indicatorBy(instance, ref)
  for (const kind of ['relationship', 'sighting'] as const) {
    for (const relation of instance.database.relationsOf(object.id, kind)) instance.database.remove(relation)
  }
  instance.database.remove(object)
  instance.changed({ type: 'delete', object })
}

/** The sources vanish into the target: they get no deletion of their own. */
export function mergeIndicators(instance: Instance, target: string, sources: readonly string[]): void {
  const before = indicatorBy(instance, target)
  const merged = sources.map((source) => indicatorBy(instance, source))
  const object: StoredIndicator = {
    ...before,
    updated_at: new Date(instance.now()).toISOString(),
    modified: new Date(instance.now()).toISOString(),
    x_opencti_stix_ids: [...before.x_opencti_stix_ids, ...merged.map(({ standard_id: id }) => id)],
  }
  for (const source of merged) {
    for (const relation of instance.database.relationsOf(source.id)) {
      instance.database.put({
        ...relation,
        fromId: relation.fromId === source.id ? object.id : relation.fromId,
      })
    }
    instance.database.remove(source)
  }
  instance.database.put(object)
  instance.changed({ type: 'merge', before, object, sources: merged })
}

/** Days until an indicator ends that was given no end: the built-in decay rules. */
const LIFETIMES: Readonly<Record<string, number>> = {
  'IPv4-Addr': 47,
  'IPv6-Addr': 47,
  Url: 47,
  'Domain-Name': 300,
  StixFile: 460,
}
const DEFAULT_LIFETIME = 470
const DAY_MS = 86_400_000

function build(instance: Instance, input: FakeIndicatorInput): StoredIndicator {
  const { pattern_type = 'stix' } = input
  const pattern = pattern_type.toLowerCase() === 'stix' ? normalPattern(input.pattern) : input.pattern
  const mainType = input.x_opencti_main_observable_type ?? mainTypeOf(pattern)
  const from = input.valid_from ?? input.created ?? new Date(instance.now()).toISOString()
  const end = Date.parse(from) + (LIFETIMES[mainType] ?? DEFAULT_LIFETIME) * DAY_MS
  const attributes = {
    name: input.name ?? pattern,
    description: input.description ?? null,
    pattern,
    pattern_type,
    pattern_version: null,
    indicator_types: input.indicator_types ?? null,
    valid_from: input.valid_from === null ? null : from,
    valid_until: input.valid_until === null ? null : (input.valid_until ?? new Date(end).toISOString()),
    revoked: input.revoked ?? false,
    confidence: input.confidence === undefined ? 100 : input.confidence,
    x_opencti_score: input.x_opencti_score === undefined ? 50 : input.x_opencti_score,
    x_opencti_detection: input.x_opencti_detection === undefined ? false : input.x_opencti_detection,
    x_opencti_main_observable_type: mainType,
    x_mitre_platforms: input.x_mitre_platforms ?? null,
    killChainPhases: (input.killChainPhases ?? []).map((phase) => phaseOf(instance, phase)),
  }
  const draft = {
    entity_type: 'Indicator',
    parents: PARENTS.domain,
    identity: { pattern },
    standard_id: standardId('indicator', { pattern }),
    attributes,
  }
  return buildObject(instance, draft, input) as StoredIndicator
}
