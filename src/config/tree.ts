/** A place in the configuration: keys and list indexes from the top. */
export type Path = readonly (string | number)[]
/** A mapping of the configuration before it is checked. */
export type Tree = Record<string, unknown>

export function isTree(value: unknown): value is Tree {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

export function valueAt(tree: unknown, path: Path): unknown {
  let value = tree
  for (const key of path) {
    if (Array.isArray(value) && typeof key === 'number') value = value[key]
    else if (isTree(value) && Object.hasOwn(value, key)) value = value[key]
    else return undefined
  }
  return value
}

/** Sets a value below mappings, which are made where they are missing. False when something else is in the way. */
export function setAt(tree: Tree, path: readonly string[], value: unknown): boolean {
  let here = tree
  for (const key of path.slice(0, -1)) {
    const next = Object.hasOwn(here, key) ? here[key] : (here[key] = {})
    if (!isTree(next)) return false
    here = next
  }
  const last = path.at(-1)
  if (last === undefined) return false
  here[last] = value
  return true
}

/** A copy in which keys without a value (`files:` and nothing behind it) are absent: empty means not given. */
export function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutEmpty(item))
  if (!isTree(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== null)
      .map(([key, child]) => [key, withoutEmpty(child)]),
  )
}

/** `sources.wazuh.files[0]`, for people. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? key : `${text}.${key}`
  }, '')
}

export function isPrefix(prefix: Path, path: Path): boolean {
  return prefix.length <= path.length && prefix.every((key, index) => key === path[index])
}
