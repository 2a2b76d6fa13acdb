import { indicatorValues } from '../../canonical/indicator-value.ts'
import { coversNetwork, readNetwork, type Network } from '../../canonical/network.ts'
import { hintOfPath, isFolded } from '../../canonical/stix-paths.ts'
import type { FactValue } from '../../core/pattern-facts.ts'
import type { Comparison, Literal } from './ast.ts'
import { createLike } from './like.ts'
import { bytesOf, compareValue } from './order.ts'
import { createRegex } from './regex.ts'

/** Whether a value satisfies a comparison, NOT left aside. Undefined: it cannot be compared, and NOT does not help. */
export type ValueTest = (value: FactValue) => boolean | undefined

/** LIKE and MATCHES of longer values: neither true nor false. URLs end there, command lines of Windows at 32,767. */
const MAX_VALUE_CHARS = 8192

export function createValueTest(comparison: Comparison): ValueTest {
  const { operator } = comparison
  if (operator === '=' || operator === 'in') return createEqual(comparison)
  if (operator === 'like' || operator === 'matches') return createTextTest(comparison)
  if (operator === 'issubset' || operator === 'issuperset') return createNetworkTest(comparison)
  return createOrderTest(operator, comparison.literals[0], comparison.path)
}

/** Names, digests and addresses are canonical, and so in lower case; of a URL only a part is. */
function ignoresCase(path: string): boolean {
  const hint = hintOfPath(path)
  return isFolded(path) || (hint !== undefined && hint !== 'url')
}

function createEqual({ path, literals }: Comparison): ValueTest {
  const hint = hintOfPath(path)
  const texts = literals.flatMap((literal) => (literal.kind === 'text' ? [literal.value] : []))
  if (hint === undefined || texts.length < literals.length) {
    const folded = isFolded(path)
    return (value) => {
      const orders = literals.map((literal) => compareValue(value, literal, { path, folded }))
      if (orders.includes(0)) return true
      return orders.includes(undefined) ? undefined : false
    }
  }
  const canonical = texts.flatMap((text) => indicatorValues(text, hint).map(({ value }) => value))
  const equal = new Set([...canonical, ...texts])
  const networks = canonical.flatMap((text) =>
    /^[\d.a-f:]+\/\d+$/.test(text) ? (readNetwork(text) ?? []) : [],
  )
  return (value) => typeof value === 'string' && (equal.has(value) || isCovered(value, networks))
}

function isCovered(text: string, networks: readonly Network[]): boolean {
  const inner = networks.length === 0 ? undefined : readNetwork(text)
  return inner !== undefined && networks.some((network) => coversNetwork(network, inner))
}

function createOrderTest(
  operator: '<' | '<=' | '>' | '>=',
  literal: Literal | undefined,
  path: string,
): ValueTest {
  if (literal === undefined) return () => undefined
  const folded = isFolded(path)
  return (value) => {
    const order = compareValue(value, literal, { path, folded })
    if (order === undefined || order === 'other') return order === undefined ? undefined : false
    if (order === 0) return operator === '<=' || operator === '>='
    return operator.startsWith('<') ? order < 0 : order > 0
  }
}

function createTextTest({ path, operator, literals: [literal] }: Comparison): ValueTest {
  const text = literal?.kind === 'text' ? literal.value : ''
  const folded = ignoresCase(path)
  const test =
    operator === 'like' ? createLike(folded ? text.toLowerCase() : text) : createRegex(text, folded)?.test
  if (test === undefined) return () => undefined
  return (value) => {
    if (typeof value !== 'string') return false
    const bytes = bytesOf(path, value)
    if (bytes === undefined || bytes.length > MAX_VALUE_CHARS) return undefined
    return test(folded && operator === 'like' ? bytes.toLowerCase() : bytes)
  }
}

function createNetworkTest({ operator, literals: [literal] }: Comparison): ValueTest {
  const network = literal?.kind === 'text' ? readNetwork(literal.value) : undefined
  if (network === undefined) return () => undefined
  return (value) => {
    const own = typeof value === 'string' ? readNetwork(value) : undefined
    if (own === undefined) return false
    return operator === 'issubset' ? coversNetwork(network, own) : coversNetwork(own, network)
  }
}
