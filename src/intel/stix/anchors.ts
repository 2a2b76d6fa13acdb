import { indicatorValues, isTooWide, type IndicatorHint } from '../../canonical/indicator-value.ts'
import { canonicalIp } from '../../canonical/ip.ts'
import { hintOfPath } from '../../canonical/stix-paths.ts'
import type { ObservableType } from '../../core/observable.ts'
import type { Comparison, Expression } from './ast.ts'

/** Values one of which an alert must have when the expression is true of it. */
export interface Anchor {
  /** Object path in lower case without quotes: `file:hashes.sha-256`. */
  readonly path: string
  readonly hint: IndicatorHint
  readonly values: readonly string[]
}

interface Ranked {
  /** The rarest is the highest: few alerts have to be looked at. Of several values that of the commonest. */
  readonly rank: number
  readonly anchors: readonly Anchor[]
}

/** Addresses of special use are looked up only where the settings say so. */
const SPECIAL_RANK = -1
const NETWORK_RANK = 0
const RANKS: Readonly<Record<ObservableType, number>> = {
  ipv4: 1,
  ipv6: 1,
  domain: 2,
  email: 3,
  url: 4,
  md5: 5,
  sha1: 5,
  sha256: 5,
  sha512: 5,
}

/** ISSUBSET compares networks (§9.6.1): it means nothing on other objects. */
const NETWORKS = /^(?:ipv[46]-addr|network-traffic):/

/** A comparison that says by itself which values it is true of, and these are what Tripline looks for. */
export function valuesOf({ path, operator, negated, literals }: Comparison): Anchor | undefined {
  const hint = hintOfPath(path)
  const isListing = operator === '=' || operator === 'in' || (operator === 'issubset' && NETWORKS.test(path))
  if (hint === undefined || negated || !isListing || literals.length === 0) return undefined
  const values = literals.flatMap((literal) => (literal.kind === 'text' ? [literal.value] : []))
  return values.length === literals.length ? { path, hint, values } : undefined
}

/** The rarest values by which an expression is found; undefined when it may be true without any. */
export function anchorsOf(expression: Expression): readonly Anchor[] | undefined {
  return rankedOf(expression)?.anchors
}

function rankedOf(expression: Expression): Ranked | undefined {
  if (expression.kind === 'comparison') return rankedComparison(expression)
  if (expression.kind === 'exists') return undefined
  const parts = expression.of.map(rankedOf)
  if (expression.kind === 'and') return parts.reduce(rarer, undefined)
  const all = parts.flatMap((part) => part ?? [])
  if (all.length < parts.length) return undefined
  return {
    rank: all.reduce((least, { rank }) => Math.min(least, rank), Infinity),
    anchors: all.flatMap(({ anchors }) => anchors),
  }
}

function rarer(one: Ranked | undefined, other: Ranked | undefined): Ranked | undefined {
  if (one === undefined || other === undefined) return one ?? other
  if (one.rank !== other.rank) return one.rank > other.rank ? one : other
  return countOf(one) <= countOf(other) ? one : other
}

function countOf({ anchors }: Ranked): number {
  return anchors.reduce((sum, { values }) => sum + values.length, 0)
}

/** None when one of its values is no value: then it cannot be found by the others alone. */
function rankedComparison(comparison: Comparison): Ranked | undefined {
  const anchor = valuesOf(comparison)
  if (anchor === undefined) return undefined
  let rank = Infinity
  for (const text of anchor.values) {
    const found = indicatorValues(text, anchor.hint)
    if (found.length === 0 || found.some(isTooWide)) return undefined
    for (const { type, value } of found) rank = Math.min(rank, rankOf(type, value))
  }
  return { rank, anchors: [anchor] }
}

function rankOf(type: ObservableType, value: string): number {
  if (type !== 'ipv4' && type !== 'ipv6') return RANKS[type]
  const [address = '', bits] = value.split('/')
  if (canonicalIp(address)?.special !== undefined) return SPECIAL_RANK
  return bits === undefined ? RANKS[type] : NETWORK_RANK
}
