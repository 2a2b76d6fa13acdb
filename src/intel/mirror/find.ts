import { parentDomains } from '../../canonical/domain.ts'
import { canonicalIp } from '../../canonical/ip.ts'
import { MAX_BORDERS, urlHost, urlPrefixes } from '../../canonical/url.ts'
import type { Indicator } from '../../core/indicator.ts'
import { MATCH_KINDS, type MatchedIndicator, type MatchKind } from '../../core/match.ts'
import type { Observable, ObservableType } from '../../core/observable.ts'
import type { AddressFamily } from './address-bits.ts'
import type { MirrorIndex } from './mirror-index.ts'

export type Find = (observable: Observable) => readonly MatchedIndicator[]

/** What a search asks of the index. */
export type SearchedIndex = Pick<MirrorIndex, 'seek' | 'seekMore' | 'each' | 'covering'>

export interface FindOptions {
  readonly index: SearchedIndex
  /** The body of an ordinal; undefined when it is lost, which the callee counts. */
  readonly body: (ordinal: number) => Indicator | undefined
}

const NOTHING: readonly MatchedIndicator[] = []

/** Puts what applies on a list; strongest kinds need not come first. */
interface Collector {
  /** Reads what `seek` found and keeps the bodies that truly have the value: a hash may collide. */
  readonly take: (type: ObservableType, value: string, kind: MatchKind | undefined) => void
  /** Seeks and takes the value itself; without `kind` as `exact` or `composite`. */
  readonly same: (type: ObservableType, value: string, kind?: MatchKind) => void
  readonly networks: (family: AddressFamily, address: string, kind: MatchKind) => void
  /** What was collected since the last call. */
  readonly collected: () => readonly MatchedIndicator[]
}

/**
 * The matching rules (`docs/matching.md`). A miss costs probes of typed arrays only: values are cut out of the
 * observable, parents judged and bodies read once a hash has been found.
 */
export function createFind(options: FindOptions): Find {
  const { index } = options
  const { take, same, networks, collected } = createCollector(options)

  function address(family: AddressFamily, value: string, host?: 'url-host'): void {
    same(family, value, host)
    networks(family, value, host ?? 'cidr')
  }

  function domain(name: string, host?: 'url-host'): void {
    same('domain', name, host)
    let parents: readonly string[] | undefined
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      if (!index.seek('domain', name, dot + 1, name.length)) continue
      const parent = name.slice(dot + 1)
      parents ??= parentDomains(name)
      if (parents.includes(parent)) take('domain', parent, host ?? 'parent-domain')
    }
  }

  function url(value: string): void {
    same('url', value)
    if (seekPrefixes(index, value)) {
      for (const prefix of urlPrefixes(value)) same('url', prefix, 'url-prefix')
    }
    const host = urlHost(value)
    if (host.type === 'domain') domain(host.value, 'url-host')
    else if (host.type === 'ipv4') address('ipv4', host.value, 'url-host')
    else address('ipv6', canonicalIp(host.value)?.value ?? host.value, 'url-host')
  }

  function email(value: string): void {
    same('email', value)
    const start = value.lastIndexOf('@') + 1
    if (index.seek('domain', value, start, value.length)) take('domain', value.slice(start), 'email-domain')
  }

  return ({ type, value }) => {
    if (type === 'ipv4' || type === 'ipv6') address(type, value)
    else if (type === 'domain') domain(value)
    else if (type === 'url') url(value)
    else if (type === 'email') email(value)
    else same(type, value)
    return strongestFirst(collected())
  }
}

function createCollector({ index, body }: FindOptions): Collector {
  let found: MatchedIndicator[] = []

  const take: Collector['take'] = (type, value, kind) =>
    index.each((ordinal) => {
      const indicator = body(ordinal)
      if (indicator?.type !== type || indicator.value !== value) return
      found.push({ indicator, kind: kindOf(indicator, kind) })
    })

  return {
    take,
    same: (type, value, kind) => {
      if (index.seek(type, value, 0, value.length)) take(type, value, kind)
    },
    networks: (family, address, kind) =>
      index.covering(family, address, (ordinal) => {
        const indicator = body(ordinal)
        if (indicator?.type === family) found.push({ indicator, kind: kindOf(indicator, kind) })
      }),
    collected: () => {
      if (found.length === 0) return NOTHING
      const all = found
      found = []
      return all
    },
  }
}

/** However it was found: an indicator with a pattern applies when that holds, which is not judged here. */
function kindOf({ pattern, composite }: Indicator, kind: MatchKind | undefined): MatchKind {
  if (pattern !== undefined) return 'pattern'
  return kind ?? (composite === undefined ? 'exact' : 'composite')
}

/** Whether any path prefix of a URL may be an indicator: all their hashes come from one pass over it. */
function seekPrefixes(index: SearchedIndex, url: string): boolean {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  if (start < 0) return false
  const query = url.indexOf('?', start)
  const end = query < 0 ? url.length : query
  let done = start + 1
  if (index.seek('url', url, 0, done)) return true
  for (let border = 1; border < MAX_BORDERS; border++) {
    const slash = url.indexOf('/', done)
    if (slash < 0 || slash >= end) break
    if (index.seekMore(url, done, slash) || index.seekMore(url, slash, slash + 1)) return true
    done = slash + 1
  }
  return index.seekMore(url, done, end)
}

/** Strongest kind first; the same statement (provider, ref, value) once, with its strongest kind. */
export function strongestFirst(found: readonly MatchedIndicator[]): readonly MatchedIndicator[] {
  if (found.length < 2) return found
  const seen = new Set<string>()
  return found
    .toSorted((a, b) => MATCH_KINDS.indexOf(a.kind) - MATCH_KINDS.indexOf(b.kind))
    .filter(({ indicator }) => {
      const { provider, ref, type, value } = indicator
      const identity = JSON.stringify([provider, ref, type, value])
      return !seen.has(identity) && seen.add(identity)
    })
}
