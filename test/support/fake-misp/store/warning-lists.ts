import { BlockList, isIPv4, isIPv6 } from 'node:net'
import type { FakeWarningListInput, WarningListType } from '../types.ts'

export interface WarningList {
  readonly id: number
  readonly name: string
  readonly type: WarningListType
  readonly category: 'false_positive' | 'known'
  readonly description: string
  readonly version: number
  readonly entries: readonly string[]
  /** Empty: all types. */
  readonly types: readonly string[]
  /** Whether it came with MISP. */
  readonly default: boolean
  enabled: boolean
  /** The entry that matches. */
  match(value: string): string | undefined
}

export interface WarningLists {
  readonly all: readonly WarningList[]
  add(input: FakeWarningListInput): WarningList
  byId(id: string): WarningList | undefined
}

export function createWarningLists(): WarningLists {
  const all: WarningList[] = []
  return {
    all,
    byId: (id) => all.find((list) => String(list.id) === id),
    add: (input) => {
      const list = {
        id: input.id ?? all.length + 1,
        name: input.name,
        type: input.type,
        category: input.category ?? 'false_positive',
        description: input.description ?? input.name,
        version: input.version ?? 1,
        entries: input.entries,
        types: input.matching_attributes ?? [],
        default: input.default ?? true,
        enabled: input.enabled ?? true,
        match: MATCHERS[input.type](input.entries),
      } as const
      all.push(list)
      return list
    },
  }
}

type MatcherMaker = (entries: readonly string[]) => (value: string) => string | undefined

/** How MISP compares (facts, warning-lists): letter case counts, entries of host-name lists are lowered. */
const MATCHERS: Readonly<Record<WarningListType, MatcherMaker>> = {
  string: (entries) => {
    const known = new Set(entries)
    return (value) => (known.has(value) ? value : undefined)
  },
  substring: (entries) => (value) => entries.find((entry) => value.includes(entry)),
  hostname: (entries) => {
    const known = new Set(entries.map((entry) => entry.replace(/^\.+|\.+$/g, '').toLowerCase()))
    return (value) => suffixes(hostOf(value)).find((suffix) => known.has(suffix))
  },
  cidr: (entries) => {
    const networks = entries.map((entry) => ({ entry, network: networkOf(entry) }))
    return (value) => networks.find(({ network }) => network?.(value) === true)?.entry
  },
  regex: (entries) => {
    const patterns = entries.map((entry) => ({ entry, pattern: phpRegex(entry) }))
    return (value) => patterns.find(({ pattern }) => pattern?.test(value) === true)?.entry
  },
}

function hostOf(value: string): string {
  const slashes = value.indexOf('//')
  const rest = slashes < 0 ? value : value.slice(slashes + 2)
  return (rest.split('/')[0] ?? '').replace(/\.$/, '')
}

function suffixes(host: string): string[] {
  const labels = host.split('.')
  return labels.map((_, index) => labels.slice(index).join('.')).toReversed()
}

/** A network contains addresses, and networks that are not wider. */
function networkOf(entry: string): ((value: string) => boolean) | undefined {
  const { address, family, prefix } = parts(entry)
  if (family === undefined) return undefined
  const list = new BlockList()
  list.addSubnet(address, prefix, family)
  return (value) => {
    const asked = parts(value)
    return asked.family === family && asked.prefix >= prefix && list.check(asked.address, family)
  }
}

function parts(text: string): { address: string; family: 'ipv4' | 'ipv6' | undefined; prefix: number } {
  const [address = '', bits] = text.split('/')
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined
  const most = family === 'ipv4' ? 32 : 128
  const prefix = bits === undefined ? most : Number(bits)
  const valid = Number.isInteger(prefix) && prefix >= 0 && prefix <= most
  return { address, family: valid ? family : undefined, prefix: valid ? prefix : 0 }
}

/** Entries carry PHP's delimiters and flags. */
function phpRegex(entry: string): RegExp | undefined {
  const [, , body = '', flags = ''] = /^(\W)([\s\S]*)\1([a-z]*)$/.exec(entry) ?? [entry, '', entry, '']
  try {
    return new RegExp(body, flags.replace(/[^imsu]/g, ''))
  } catch {
    return undefined
  }
}
