import type { FactPath } from '../canonical/stix-paths.ts'
import { isRecord } from '../core/json.ts'
import { PATTERN_FIELDS, type FactReading } from './pattern-fields.ts'
import { WCS_PATTERN_FIELDS } from './pattern-fields-wcs.ts'

/** Wazuh's own nesting stays below 20, and no name in the table is longer. */
const MAX_DEPTH = 32
const MAX_KEY = 128
/** Fields of an alert in all; a longer text is no name of anything, and no command line (Windows: 32,767). */
const MAX_FIELDS = 10_000
const MAX_TEXT = 64 * 1024

/** What an alert says of Wazuh itself; of Wazuh 5 also of the host that tells, of what was known before, and of the log. */
const OWN_SIDE: ReadonlySet<string> = new Set([
  'agent',
  'check',
  'cloud',
  'cluster',
  'container',
  'data_stream',
  'decoder',
  'event',
  'fields',
  'geolocation',
  'host',
  'input',
  'location',
  'log',
  'manager',
  'observer',
  'orchestrator',
  'policy',
  'related',
  'rule',
  'service',
  'threat',
  'vulnerability',
  'wazuh',
])

interface Rule {
  readonly path: FactPath
  readonly read: FactReading
}

/** The values of STIX properties in an alert's fields. Numbers and flags are given as text, as most decoders do. */
export function fieldFacts(body: Readonly<Record<string, unknown>>): ReadonlyMap<string, readonly string[]> {
  const walk: Walk = { facts: new Map(), left: MAX_FIELDS }
  for (const key in body)
    if (!OWN_SIDE.has(key.toLowerCase())) visit(body[key], { path: key.toLowerCase(), depth: 1 }, walk)
  return walk.facts
}

interface Walk {
  readonly facts: Map<string, string[]>
  left: number
}

interface Place {
  /** Dotted, in lower case, without array marks. */
  readonly path: string
  readonly depth: number
}

function visit(value: unknown, { path, depth }: Place, walk: Walk): void {
  if (walk.left === 0) return
  if (typeof value === 'object' && value !== null) {
    if (depth === MAX_DEPTH) return
    if (isRecord(value)) visitFields(value, { path, depth: depth + 1 }, walk)
    else if (Array.isArray(value)) for (const item of value) visit(item, { path, depth: depth + 1 }, walk)
    return
  }
  walk.left -= 1
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    addValue(String(value), path, walk.facts)
}

function visitFields(object: Readonly<Record<string, unknown>>, { path, depth }: Place, walk: Walk): void {
  for (const key in object) {
    if (key.length > MAX_KEY) continue
    const name = key.toLowerCase()
    visit(object[key], { path: `${path}.${name}`, depth }, walk)
  }
}

function addValue(text: string, path: string, facts: Walk['facts']): void {
  if (text === '' || text.length > MAX_TEXT) return
  for (const rule of rulesOf(path)) {
    const values = facts.get(rule.path) ?? []
    facts.set(rule.path, values)
    for (const value of READERS[rule.read](text)) if (value !== '') values.push(value)
  }
}

const READERS: Readonly<Record<FactReading, (text: string) => readonly string[]>> = {
  text: (text) => [text],
  'file-name': (text) => [text.slice(lastSlash(text) + 1)],
  folder: (text) => (lastSlash(text) > 0 ? [text.slice(0, lastSlash(text))] : []),
  registry: readRegistryKey,
  digest: (text) => [text.replaceAll(':', '')],
}

/** Of either kind: an agent's system is not asked. */
function lastSlash(text: string): number {
  return Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\'))
}

/** Sysmon writes `HKLM`, syscheck `HKEY_LOCAL_MACHINE`; STIX 2.1 §6.17 asks for the root in full. */
const ROOTS: ReadonlyMap<string, string> = new Map([
  ['hklm', 'HKEY_LOCAL_MACHINE'],
  ['hkcu', 'HKEY_CURRENT_USER'],
  ['hkcr', 'HKEY_CLASSES_ROOT'],
  ['hku', 'HKEY_USERS'],
  ['hkcc', 'HKEY_CURRENT_CONFIG'],
])

function readRegistryKey(text: string): readonly string[] {
  const end = text.indexOf('\\')
  const written = end < 0 ? text : text.slice(0, end)
  const root = ROOTS.get(written.toLowerCase()) ?? written
  if (!/^hkey_/i.test(root)) return []
  const key = end < 0 ? root : `${root}${text.slice(end)}`
  return [key, key.slice(0, Math.max(0, key.lastIndexOf('\\')))]
}

const RULES = compileRules()

function compileRules(): { readonly whole: Map<string, Rule[]>; readonly names: Map<string, Rule[]> } {
  const whole = new Map<string, Rule[]>()
  const names = new Map<string, Rule[]>()
  for (const { paths, read, fields } of [...PATTERN_FIELDS, ...WCS_PATTERN_FIELDS]) {
    for (const field of fields) {
      const [table, key] = field.startsWith('*.') ? [names, field.slice(2)] : [whole, field]
      const rules = table.get(key) ?? []
      table.set(key, rules)
      rules.push(...paths.map((path) => ({ path, read })))
    }
  }
  return { whole, names }
}

const NO_RULES: readonly Rule[] = []

/** Longest first: the whole path, then the names it ends with. */
function rulesOf(path: string): readonly Rule[] {
  const whole = RULES.whole.get(path)
  if (whole !== undefined) return whole
  for (let dot = -1; ;) {
    const rules = RULES.names.get(path.slice(dot + 1))
    if (rules !== undefined) return rules
    dot = path.indexOf('.', dot + 1)
    if (dot < 0) return NO_RULES
  }
}
