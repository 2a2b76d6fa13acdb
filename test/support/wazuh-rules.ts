import { isRecord } from '../../src/core/json.ts'
import { leavesOf } from './leaves.ts'
import { childText, parseXml } from './xml.ts'

/** What analysisd (4.14) does with a JSON event, as far as the rules of deploy/wazuh need it. Held to recorded alerts. */
export interface WazuhRule {
  readonly id: string
  readonly level: number
  readonly parent: string | undefined
  readonly fields: readonly { readonly name: string; readonly pattern: RegExp }[]
  readonly description: string
  readonly groups: readonly string[]
  readonly options: string | undefined
}

type Data = Readonly<Record<string, unknown>>

export function readRules(xml: string): readonly WazuhRule[] {
  return parseXml(xml).flatMap((group) =>
    group.children.map((rule) => ({
      id: rule.attributes['id'] ?? '',
      level: Number(rule.attributes['level']),
      parent: childText(rule, 'if_sid'),
      fields: rule.children
        .filter(({ name }) => name === 'field')
        .map(({ attributes, text }) => ({
          name: attributes['name'] ?? '',
          pattern: attributes['type'] === 'pcre2' ? new RegExp(text, 'u') : osRegex(text),
        })),
      description: childText(rule, 'description') ?? '',
      groups: `${group.attributes['name'] ?? ''}${childText(rule, 'group') ?? ''}`.split(',').filter(Boolean),
      options: childText(rule, 'options'),
    })),
  )
}

/** Wazuh's own expressions, as far as they are used here: `\\.` is any character; without case, and not anchored. */
function osRegex(text: string): RegExp {
  return new RegExp(text.replaceAll(String.raw`\.`, '.'), 'iu')
}

/** The event as `data` of an alert: empty texts are dropped, texts that read as a list become one, the rest become texts. */
export function dataOf(event: Data): Data {
  return Object.fromEntries(
    Object.entries(event).flatMap(([key, value]) => {
      const rendered = isRecord(value) ? dataOf(value) : leafOf(value)
      const isEmpty = rendered === '' || (isRecord(rendered) && Object.keys(rendered).length === 0)
      return isEmpty ? [] : [[key, rendered]]
    }),
  )
}

function leafOf(value: unknown): unknown {
  if (Array.isArray(value)) return value
  const text = String(value)
  if (!text.startsWith('[')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The rule that fires: of the children that match, the one of the highest level. */
export function firing(rules: readonly WazuhRule[], event: Data): WazuhRule | undefined {
  const leaves = new Map(leavesOf(dataOf(event)))
  const below = (parent: string | undefined): WazuhRule | undefined => {
    const [rule] = rules
      .filter((one) => one.parent === parent && one.fields.every((field) => matches(leaves, field)))
      .toSorted((a, b) => b.level - a.level)
    return rule === undefined ? undefined : (below(rule.id) ?? rule)
  }
  return below(undefined)
}

function matches(
  leaves: ReadonlyMap<string, unknown>,
  { name, pattern }: WazuhRule['fields'][number],
): boolean {
  const leaf = leaves.get(name)
  return leaf !== undefined && pattern.test(printed(leaf))
}

/** cJSON puts a blank behind the comma. */
function printed(leaf: unknown): string {
  return Array.isArray(leaf) ? `[${leaf.map((item) => JSON.stringify(item)).join(', ')}]` : String(leaf)
}

/** The body of the alert that a rule makes of an event. */
export function alertBody(rule: WazuhRule, event: Data, location: string): Record<string, unknown> {
  const data = dataOf(event)
  const leaves = new Map(leavesOf(data))
  const description = rule.description.replaceAll(/\$\(([^)]+)\)/g, (_, name: string) =>
    leaves.has(name) ? printed(leaves.get(name)) : '',
  )
  return {
    timestamp: '2026-03-09T08:00:02.123+0000',
    rule: {
      level: rule.level,
      description,
      id: rule.id,
      firedtimes: 1,
      mail: rule.level >= 12,
      groups: [...rule.groups],
    },
    agent: { id: '000', name: 'wazuh-1' },
    manager: { name: 'wazuh-1' },
    id: '1773043202.815',
    decoder: { name: 'json' },
    data,
    location,
  }
}
