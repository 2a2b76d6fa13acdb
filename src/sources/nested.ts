import { isRecord, type JsonObject } from '../core/json.ts'

/** The schema of Wazuh 5 nests some ten deep. What has more dots or levels keeps its keys as they are. */
const MAX_LEVELS = 32
/** Objects made of dots in one document: an index of OpenSearch takes 1,000 fields unless told otherwise. Then keys stay dotted. */
const MAX_OBJECTS = 10_000

interface Leaf {
  readonly value: unknown
}
type Branch = Map<string, Branch | Leaf>
/** How many objects may still be made. */
interface Budget {
  left: number
}

/**
 * A document with all its keys nested: `{"source.ip": …}` says the same as `{"source": {"ip": …}}` to the indexer, and a document
 * may mix both. The document itself where no key has a dot. Where two keys claim one place, the dotted one stays so: nothing is
 * lost, and its path reads the same.
 */
export function nested(document: JsonObject): JsonObject {
  return hasDots(document, 1) ? objectOf(branchOf(document, 1, { left: MAX_OBJECTS })) : document
}

function hasDots(object: JsonObject, level: number): boolean {
  for (const key in object) {
    if (key.includes('.')) return true
    const value = object[key]
    if (level < MAX_LEVELS && isRecord(value) && hasDots(value, level + 1)) return true
  }
  return false
}

function branchOf(object: JsonObject, level: number, budget: Budget): Branch {
  const branch: Branch = new Map()
  const dotted: string[] = []
  for (const key in object) {
    if (key.includes('.')) dotted.push(key)
    else branch.set(key, nodeOf(object[key], level, budget))
  }
  for (const key of dotted) {
    const node = nodeOf(object[key], level, budget)
    if (!putBelow(branch, key, node, budget)) branch.set(key, node)
  }
  return branch
}

function nodeOf(value: unknown, level: number, budget: Budget): Branch | Leaf {
  return level < MAX_LEVELS && isRecord(value) ? branchOf(value, level + 1, budget) : { value }
}

/** False when the place is taken or too deep, or too many objects would be made. */
function putBelow(branch: Branch, key: string, node: Branch | Leaf, budget: Budget): boolean {
  const steps = key.split('.', MAX_LEVELS)
  if (steps.length === MAX_LEVELS || budget.left < steps.length) return false
  const name = steps.pop() ?? key
  let target = branch
  for (const step of steps) {
    const there = target.get(step)
    if (there !== undefined && !(there instanceof Map)) return false
    const next: Branch = there ?? new Map()
    if (there === undefined) {
      budget.left -= 1
      target.set(step, next)
    }
    target = next
  }
  if (target.has(name)) return false
  target.set(name, node)
  return true
}

/** `fromEntries` takes any key for a property, `__proto__` too. */
function objectOf(branch: Branch): JsonObject {
  return Object.fromEntries(
    Array.from(branch, ([key, node]) => [key, node instanceof Map ? objectOf(node) : node.value]),
  )
}
