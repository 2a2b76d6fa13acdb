import { isRecord, type JsonObject } from '../core/json.ts'

/** The schema of Wazuh 5 nests some ten deep. What has more dots or levels keeps its keys as they are. */
const MAX_LEVELS = 32

interface Leaf {
  readonly value: unknown
}
type Branch = Map<string, Branch | Leaf>

/**
 * A document with all its keys nested: `{"source.ip": …}` says the same as `{"source": {"ip": …}}` to the indexer, and a document
 * may mix both. The document itself where no key has a dot. Where two keys claim one place, the dotted one stays so: nothing is
 * lost, and its path reads the same.
 */
export function nested(document: JsonObject): JsonObject {
  return hasDots(document, 1) ? objectOf(branchOf(document, 1)) : document
}

function hasDots(object: JsonObject, level: number): boolean {
  for (const key in object) {
    if (key.includes('.')) return true
    const value = object[key]
    if (level < MAX_LEVELS && isRecord(value) && hasDots(value, level + 1)) return true
  }
  return false
}

function branchOf(object: JsonObject, level: number): Branch {
  const branch: Branch = new Map()
  const dotted: string[] = []
  for (const key in object) {
    if (key.includes('.')) dotted.push(key)
    else branch.set(key, nodeOf(object[key], level))
  }
  for (const key of dotted) {
    const node = nodeOf(object[key], level)
    if (!putBelow(branch, key, node)) branch.set(key, node)
  }
  return branch
}

function nodeOf(value: unknown, level: number): Branch | Leaf {
  return level < MAX_LEVELS && isRecord(value) ? branchOf(value, level + 1) : { value }
}

/** False when the place is taken, or too deep. */
function putBelow(branch: Branch, key: string, node: Branch | Leaf): boolean {
  const steps = key.split('.', MAX_LEVELS)
  if (steps.length === MAX_LEVELS) return false
  const name = steps.pop() ?? key
  let target = branch
  for (const step of steps) {
    const next = target.get(step) ?? new Map<string, Branch | Leaf>()
    if (!(next instanceof Map)) return false
    target.set(step, next)
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
