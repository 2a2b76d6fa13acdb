import type { IndicatorHint } from '../canonical/indicator-value.ts'
import { hintOfPath } from '../canonical/stix-paths.ts'
import type { FieldPath, Observable } from '../core/observable.ts'
import type { PatternFacts } from '../core/pattern-facts.ts'
import { fieldFacts } from './field-facts.ts'
import { ENDS } from './pattern-fields.ts'
import { WCS_ENDS } from './pattern-fields-wcs.ts'

const NONE: readonly string[] = []

type End = keyof typeof ENDS
const NAMES: Readonly<Record<End, readonly string[]>> = ENDS

/** What an alert tells, by STIX object path. Nothing is done before the first question; each is answered once. */
export function patternFacts(
  body: Readonly<Record<string, unknown>>,
  observables: readonly Observable[],
): PatternFacts {
  const known = new Map<string, readonly string[]>()
  let fields: ReadonlyMap<string, readonly string[]> | undefined
  const find = (path: string): readonly string[] =>
    observedFacts(path, observables) ?? (fields ??= fieldFacts(body)).get(path) ?? NONE
  return {
    get: (path) => {
      const values = known.get(path) ?? find(path)
      known.set(path, values)
      return values
    },
  }
}

/** Values of a path that is told by the observables; undefined for others. */
function observedFacts(path: string, observables: readonly Observable[]): readonly string[] | undefined {
  switch (path) {
    case 'network-traffic:dst_ref.value':
      return hosts(notOnlyAt('source', observables)).map(({ value }) => value)
    case 'network-traffic:src_ref.value':
      return hosts(notOnlyAt('destination', observables)).map(({ value }) => value)
    case 'network-traffic:dst_ref.type':
      return typesOf(notOnlyAt('source', observables))
    case 'network-traffic:src_ref.type':
      return typesOf(notOnlyAt('destination', observables))
    case 'email-message:from_ref.value':
    case 'email-message:sender_ref.value':
      return valuesOf('email', notOnlyAt('recipient', observables))
    case 'email-message:to_refs.value':
      return valuesOf('email', seenAt('recipient', observables))
    case 'email-message:cc_refs.value':
      return valuesOf('email', seenAt('copied', observables))
    case 'domain-name:resolves_to_refs.value':
      return hosts(seenAt('answer', observables)).map(({ value }) => value)
    default: {
      const hint = hintOfPath(path)
      return hint === undefined ? undefined : valuesOf(hint, observables)
    }
  }
}

function valuesOf(hint: IndicatorHint, observables: readonly Observable[]): readonly string[] {
  return observables.flatMap(({ type, value }) => (type === hint ? [value] : []))
}

function hosts(observables: readonly Observable[]): readonly Observable[] {
  return observables.filter(({ type }) => type === 'ipv4' || type === 'ipv6' || type === 'domain')
}

const OBJECT_TYPES: Readonly<Partial<Record<Observable['type'], string>>> = {
  ipv4: 'ipv4-addr',
  ipv6: 'ipv6-addr',
  domain: 'domain-name',
}

function typesOf(observables: readonly Observable[]): readonly string[] {
  return [...new Set(observables.flatMap(({ type }) => OBJECT_TYPES[type] ?? []))]
}

function seenAt(end: End, observables: readonly Observable[]): readonly Observable[] {
  return observables.filter(({ where }) => where.some((path) => isAt(end, path)))
}

/** What stands in a field that does not say which end it is may be either. `related` of Wazuh 5 only repeats other fields. */
function notOnlyAt(end: End, observables: readonly Observable[]): readonly Observable[] {
  return observables.filter(({ where }) => {
    const telling = where.filter((path) => !path.startsWith('related.'))
    return telling.length === 0 || !telling.every((path) => isAt(end, path))
  })
}

function isAt(end: End, path: FieldPath): boolean {
  const plain = path.replaceAll('[]', '').toLowerCase()
  return WCS_ENDS[end].includes(plain) || NAMES[end].includes(plain.slice(plain.lastIndexOf('.') + 1))
}
