import { expandedIpv6 } from '../../../canonical/ip.ts'
import type { Observable, ObservableType } from '../../../core/observable.ts'
import { hostSpellings, urlSpellings } from '../../lookup/url-spellings.ts'
import type { LookupQuery } from '../api.ts'
import { stixId } from './stix-id.ts'

type Term = Pick<Observable, 'type' | 'value'>

/** How OpenCTI names a type: STIX object types whose `value` it is, or the algorithm of a file's digest. */
const NAMES: Readonly<
  Record<ObservableType, { readonly objects: readonly string[] } | { readonly algorithm: string }>
> = {
  ipv4: { objects: ['ipv4-addr'] },
  ipv6: { objects: ['ipv6-addr'] },
  domain: { objects: ['domain-name', 'hostname'] },
  url: { objects: ['url'] },
  email: { objects: ['email-addr'] },
  md5: { algorithm: 'MD5' },
  sha1: { algorithm: 'SHA-1' },
  sha256: { algorithm: 'SHA-256' },
  sha512: { algorithm: 'SHA-512' },
}

/** Longer values are in no index (`ignore_above: 512`), so that only the id computed of them finds them. */
const MAX_COMPARED = 512
/** A search for ids looks at three fields. */
const ID_WEIGHT = 3

/** What is asked for one observable. */
interface Forms {
  /** Filter key of observables, and the values for it. */
  readonly key: string
  readonly values: readonly string[]
  readonly patterns: readonly string[]
  readonly names: readonly string[]
  readonly ids: readonly string[]
}

/**
 * Observables by value or digest, and indicators by their exact pattern, as OpenCTI writes patterns of one comparison (one
 * blank around `=`), or by their name, which many feeds make of the value. Networks and lists are found by the mirror only.
 */
export function openCtiForms({ type, value }: Term): Forms {
  const name = NAMES[type]
  const spellings = spellingsOf({ type, value })
  const patternsOf = (text: string): readonly string[] =>
    'algorithm' in name
      ? [`[file:hashes.${quotedStep(name.algorithm)} = '${text}']`]
      : name.objects.map((object) => `[${object}:value = ${literal(text)}]`)
  const objects = 'objects' in name ? name.objects : []
  const short = spellings.filter((text) => text.length <= MAX_COMPARED)
  const patterns = spellings.flatMap(patternsOf)
  return {
    key: 'algorithm' in name ? `hashes.${name.algorithm}` : 'value',
    values: short,
    names: short,
    patterns: patterns.filter((pattern) => pattern.length <= MAX_COMPARED),
    ids: [
      ...spellings
        .filter((text) => text.length > MAX_COMPARED)
        .flatMap((text) => objects.map((object) => stixId(object, 'value', text))),
      ...patterns
        .filter((pattern) => pattern.length > MAX_COMPARED)
        .map((pattern) => stixId('indicator', 'pattern', pattern)),
    ],
  }
}

/**
 * The canonical value first, then in which other ways people type it: OpenCTI keeps addresses and names as they were given,
 * but for the letter case, which it ignores when it compares.
 */
function spellingsOf({ type, value }: Term): readonly string[] {
  if (type === 'url') return urlSpellings(value, 'plain')
  if (type === 'domain') return hostSpellings(value)
  if (type === 'email') {
    const at = value.lastIndexOf('@') + 1
    return hostSpellings(value.slice(at)).map((host) => value.slice(0, at) + host)
  }
  return type === 'ipv6' ? [...new Set([value, expandedIpv6(value)])] : [value]
}

/** How many filter values an observable is in a request. */
export function weigh(term: Term): number {
  const { values, patterns, names, ids } = openCtiForms(term)
  return values.length + patterns.length + names.length + ID_WEIGHT * ids.length
}

/** One question for all terms. */
export function lookupQuery(terms: readonly Term[]): LookupQuery {
  const forms = terms.map(openCtiForms)
  const observables = new Map<string, string[]>()
  for (const { key, values } of forms) observables.set(key, [...(observables.get(key) ?? []), ...values])
  return {
    observables,
    patterns: forms.flatMap(({ patterns }) => patterns),
    names: forms.flatMap(({ names }) => names),
    ids: forms.flatMap(({ ids }) => ids),
  }
}

/** STIX 2.1 §9.7: a step with a character other than letters, digits and `_` is quoted. */
function quotedStep(step: string): string {
  return /^\w+$/.test(step) ? step : `'${step}'`
}

function literal(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`
}
