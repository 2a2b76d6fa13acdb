import { canonicalDomain, parentDomains } from '../../canonical/domain.ts'
import { canonicalIp } from '../../canonical/ip.ts'
import { urlHost, urlPrefixes } from '../../canonical/url.ts'
import type { MatchedIndicator, MatchKind } from '../../core/match.ts'
import {
  observableKey,
  type Observable,
  type ObservableKey,
  type ObservableType,
} from '../../core/observable.ts'
import type { Lookup } from '../../core/ports.ts'
import type { Verdict } from '../../core/verdict.ts'
import { leftOut, unanswered } from './ask.ts'
import { strongestFirst } from '../mirror/find.ts'

/** Something to ask for an observable. Without `kind` what is found is `exact` or `composite`. */
interface Term {
  readonly observable: Observable
  readonly kind?: MatchKind
}

/** Path prefixes of one URL that are asked for; the mirror has no such bound, as there a probe costs nothing. */
const MAX_PREFIXES = 16

/**
 * Asks for all that would match an observable in the mirror: parent domains, path prefixes and host of a URL, the domain of an
 * e-mail address. Networks cannot be asked for: the servers compare addresses as text. All terms go down in one call, each once.
 */
export function expand(next: Lookup): Lookup {
  return async (observables, signal) => {
    const plans = observables.map((observable) => ({ observable, terms: termsOf(observable) }))
    const wanted = new Map<ObservableKey, Observable>()
    for (const { terms } of plans)
      for (const term of terms) wanted.set(observableKey(term.observable), term.observable)
    const answers = await next([...wanted.values()], signal)
    return new Map(
      plans.map(({ observable, terms }) => [observableKey(observable), verdictOf(terms, answers)]),
    )
  }
}

function termsOf(observable: Observable): readonly Term[] {
  const { type, value } = observable
  const self: Term = { observable: lookedUp(type, value) }
  if (type === 'domain') return [self, ...names(parentDomains(value), 'parent-domain')]
  if (type === 'email') return [self, ...names([value.slice(value.lastIndexOf('@') + 1)], 'email-domain')]
  if (type !== 'url') return [self]
  const prefixes = boundedPrefixes(value).map((prefix): Term => ({
    observable: lookedUp('url', prefix),
    kind: 'url-prefix',
  }))
  return [self, ...prefixes, ...hostTerms(observable)]
}

function lookedUp(type: ObservableType, value: string): Observable {
  return { type, value, where: ['lookup'] }
}

/** No indicator can have a name that is not below a public suffix: names of inner networks are not told to anybody. */
function names(values: readonly string[], kind: MatchKind): readonly Term[] {
  return values
    .filter((value) => canonicalDomain(value) === value)
    .map((value) => ({ observable: lookedUp('domain', value), kind }))
}

/** The longest ones and the root. */
function boundedPrefixes(url: string): readonly string[] {
  const prefixes = urlPrefixes(url)
  return prefixes.length <= MAX_PREFIXES
    ? prefixes
    : [...prefixes.slice(0, MAX_PREFIXES - 1), ...prefixes.slice(-1)]
}

/** A host of special use is asked for only when the URL is marked with it: then the settings opened that range. */
function hostTerms({ value, special }: Observable): readonly Term[] {
  const host = urlHost(value)
  if (host.type === 'domain') return names([host.value, ...parentDomains(host.value)], 'url-host')
  const address = canonicalIp(host.value)
  if (address === undefined || (address.special !== undefined && special === undefined)) return []
  return [{ observable: lookedUp(address.type, address.value), kind: 'url-host' }]
}

/**
 * A hit when any term hit, even if another could not be asked: what is known must not wait for what is not; it is marked then,
 * as what is known may not count. A miss only when all were asked.
 */
function verdictOf(terms: readonly Term[], answers: ReadonlyMap<ObservableKey, Verdict>): Verdict {
  const found: MatchedIndicator[] = []
  const hits: Answered[] = []
  const misses: Answered[] = []
  let open: Unanswered | undefined
  for (const { observable, kind } of terms) {
    const verdict = answers.get(observableKey(observable)) ?? unanswered(leftOut())
    // One that may be answered later comes before one that never will be.
    if (verdict.kind === 'unanswered') open = open === undefined || open.final === true ? verdict : open
    else if (verdict.kind === 'miss') misses.push(verdict)
    else {
      hits.push(verdict)
      for (const one of verdict.indicators) found.push(kind === undefined ? one : weakened(one, kind))
    }
  }
  const [first, ...rest] = strongestFirst(found)
  if (first !== undefined) {
    const partial = open !== undefined && open.final !== true
    return { kind: 'hit', indicators: [first, ...rest], ...(partial ? { partial } : {}), ...origin(hits) }
  }
  return open ?? { kind: 'miss', ...origin(misses) }
}

/** Found by what is more than a value, it stays as weak as it was. */
function weakened(found: MatchedIndicator, kind: MatchKind): MatchedIndicator {
  return found.kind === 'pattern' || found.kind === 'related' ? found : { ...found, kind }
}

type Unanswered = Extract<Verdict, { readonly kind: 'unanswered' }>
type Answered = Exclude<Verdict, Unanswered>

/** From the cache when all of it came from there, stale when any of it was. */
function origin(answers: readonly Answered[]): Pick<Answered, 'via' | 'stale'> {
  return {
    ...(answers.length > 0 && answers.every(({ via }) => via === 'cache') ? { via: 'cache' } : {}),
    ...(answers.some(({ stale }) => stale === true) ? { stale: true } : {}),
  }
}
