import type { EnvironmentVariable } from './environment.ts'
import type { ConfigWarning, Problem } from './problem.ts'
import type { GivenVariable } from './read-environment.ts'
import { DEFAULT_COMPONENTS } from './schema.ts'
import { isTree, pathText, setAt, valueAt, type Tree } from './tree.ts'

/** A setting that an environment variable gave. */
export interface Overlaid {
  readonly path: readonly string[]
  readonly given: GivenVariable
}

export interface Overlay {
  /** The settings of the file with those of the environment over them. */
  readonly tree: Tree
  readonly overlaid: readonly Overlaid[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly ConfigWarning[]
}

/** Components by name of the setting: a section, the type a variable is for, and the key in it. */
interface ComponentSetting {
  readonly section: keyof typeof DEFAULT_COMPONENTS
  readonly type: string
  readonly key: string
}

/** Puts the environment over the settings of the file: it wins, key by key. */
export function applyEnvironment(fileTree: Tree, given: readonly GivenVariable[]): Overlay {
  const tree: Tree = structuredClone(fileTree)
  const overlaid: Overlaid[] = []
  const problems: Problem[] = []
  const idle: EnvironmentVariable[] = []
  for (const item of given) {
    const { variable, name } = item
    const targets = variable.settings.map((setting) => findTarget(tree, setting, variable))
    const paths = targets.filter((target) => target.kind === 'found').map(({ path }) => path)
    for (const path of paths) if (setGiven(tree, path, item)) overlaid.push({ path, given: item })
    // One place is enough for a variable of several settings; more than one of a type never is what was meant.
    const refused =
      targets.find(({ kind }) => kind === 'several') ?? (paths.length > 0 ? undefined : targets[0])
    if (refused?.kind === 'idle') idle.push(variable)
    else if (refused !== undefined && refused.kind !== 'found')
      problems.push({ message: `${name}: ${refused.reason}` })
  }
  return { tree, overlaid, problems, warnings: idleWarnings(idle) }
}

function setGiven(tree: Tree, path: readonly string[], { variable, value }: GivenVariable): boolean {
  const parent = valueAt(tree, path.slice(0, -1))
  // A secret of the environment also wins over the file that the configuration names for it.
  if (variable.secret === true && isTree(parent)) delete parent[`${path.at(-1)}File`]
  return setAt(tree, path, value)
}

type Target =
  | { readonly kind: 'found'; readonly path: readonly string[] }
  | { readonly kind: 'none' | 'several'; readonly reason: string }
  /** Nothing to set, and nothing wrong with that. */
  | { readonly kind: 'idle' }

function findTarget(tree: Tree, setting: string, variable: EnvironmentVariable): Target {
  const component = componentSetting(setting)
  if (component === undefined) return { kind: 'found', path: setting.split('.') }
  const { section, type, key } = component
  const places = componentPlaces(tree, component)
  const [only, ...others] = places
  if (others.length > 0) {
    const names = places.map((path) => pathText(path)).join(', ')
    const reason = `several are of type ${type} (${names}); set \`${key}\` of each in the file instead`
    return { kind: 'several', reason }
  }
  if (only !== undefined) return { kind: 'found', path: [...only, key] }
  if (variable.whenAbsent === 'warn') return { kind: 'idle' }
  if (variable.whenAbsent !== undefined) return makeComponent(tree, component, variable.whenAbsent.create)
  const reason = `there is nothing of type ${type} in \`${section}\`; add it to the file or unset the variable`
  return { kind: 'none', reason }
}

function componentSetting(setting: string): ComponentSetting | undefined {
  const [, section, type = '', key = ''] = /^(\w+)\[([\w-]+)\]\.(\w+)$/.exec(setting) ?? []
  if (section !== 'sources' && section !== 'providers' && section !== 'sinks' && section !== 'store')
    return undefined
  return { section, type, key }
}

function componentPlaces(tree: Tree, { section, type }: ComponentSetting): (readonly string[])[] {
  if (section === 'store') return hasType(tree[section], type) ? [[section]] : []
  const components = (tree[section] ??= structuredClone(DEFAULT_COMPONENTS[section]))
  if (!isTree(components)) return []
  return Object.keys(components)
    .filter((id) => hasType(components[id], type))
    .map((id) => [section, id])
}

function hasType(component: unknown, type: string): boolean {
  return isTree(component) && component['type'] === type
}

function makeComponent(tree: Tree, { section, type, key }: ComponentSetting, id: string): Target {
  const existing = tree[section]
  if (section === 'store') {
    // A store that the file chose stays.
    if (existing !== undefined) return { kind: 'idle' }
    tree[section] = { type }
    return { kind: 'found', path: [section, key] }
  }
  // What is no mapping is reported as such by the schema.
  if (!isTree(existing)) return { kind: 'idle' }
  if (Object.hasOwn(existing, id))
    return { kind: 'none', reason: `\`${section}.${id}\` is taken by another type; rename it in the file` }
  existing[id] = { type }
  return { kind: 'found', path: [section, id, key] }
}

/** One warning for all variables of a type: an environment carries the lot, used or not. */
function idleWarnings(idle: readonly EnvironmentVariable[]): ConfigWarning[] {
  return IDLE.flatMap(({ prefix, message }) => {
    const names = idle.filter(({ settings }) => settings[0]?.startsWith(prefix)).map(({ name }) => name)
    return names.length > 0 ? [{ setting: names.join(', '), message }] : []
  })
}

const IDLE = [
  {
    prefix: 'providers[misp]',
    message: 'no effect: there is no MISP provider; set MISP_URL, or add one of type misp to the file',
  },
  {
    prefix: 'store[redis]',
    message: 'no effect: the store is not of type redis; set REDIS_HOST, or choose it in the file',
  },
  {
    prefix: 'sinks[wazuh-',
    message: 'no effect: no sink writes events for Wazuh; add one of type wazuh-log to the file',
  },
] as const
