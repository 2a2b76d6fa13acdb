import { canonicalHostname } from '../../canonical/domain.ts'
import { canonicalEmail } from '../../canonical/email.ts'
import { indicatorValues, type IndicatorValue } from '../../canonical/indicator-value.ts'
import { canonicalIp, canonicalNetwork } from '../../canonical/ip.ts'
import { createExactSet } from './exact-set.ts'
import { createNetworkSet } from './network-set.ts'
import { readPattern, type Pattern } from './pattern.ts'
import type { ListType } from './schema.ts'
import { createSubstringSet } from './substring-set.ts'

/**
 * How a value stands on a list. `whole`: it is what the list names. `below`: a name below one that the list names. `part`:
 * something in it is named, the host of a URL or a text; whoever chooses the value can put that there.
 */
export type Standing = 'whole' | 'below' | 'part'

export interface Matcher {
  /** False: an entry that this kind of list cannot have. */
  add(entry: string): boolean
  /** Call it after the last `add`. */
  seal(): void
  match(value: IndicatorValue): Standing | undefined
}

/** One for each kind of list, with the comparisons of MISP (`docs/matching.md`). */
export const MATCHERS: Readonly<Record<ListType, () => Matcher>> = {
  string: createStringMatcher,
  substring: createSubstringMatcher,
  hostname: createHostnameMatcher,
  cidr: createCidrMatcher,
  regex: createRegexMatcher,
}

/** MISP compares letter by letter. Our values are canonical, so entries are made so too: `GOOGLE.com` names google.com. */
function createStringMatcher(): Matcher {
  const texts = createExactSet()
  return {
    add: (entry) => {
      const forms = canonicalForms(entry)
      return forms.length > 0 && forms.every((form) => texts.add(form))
    },
    seal: () => texts.trim(),
    match: ({ value }) => (texts.has(value) ? 'whole' : undefined),
  }
}

function canonicalForms(entry: string): readonly string[] {
  if (entry.includes('/')) {
    const values = indicatorValues(entry).map(({ value }) => value)
    return values.length > 0 ? values : [entry]
  }
  if (entry.includes('@')) return [canonicalEmail(entry)?.value ?? entry]
  if (entry.includes(':')) return [canonicalIp(entry)?.value ?? entry]
  return nameForm(entry)
}

/** Names with a dot in front or behind are meant as if they had none; so are `AAA` and digests in capitals. */
function nameForm(entry: string): readonly string[] {
  let start = 0
  let end = entry.length
  while (entry[start] === '.') start += 1
  while (end > start && entry[end - 1] === '.') end -= 1
  const name = entry.slice(start, end)
  const form = canonicalHostname(name) ?? name.toLowerCase()
  return form === '' ? [] : [form]
}

function createSubstringMatcher(): Matcher {
  const texts = createSubstringSet()
  return {
    add: (entry) => texts.add(entry),
    seal: () => texts.trim(),
    match: ({ value }) => texts.find(value),
  }
}

/** Every ending of a name, label by label, the top-level domain too. An address is one name. */
function createHostnameMatcher(): Matcher {
  const names = createExactSet()
  return {
    add: (entry) => nameForm(entry).some((name) => names.add(name)),
    seal: () => names.trim(),
    match: ({ type, value }) => {
      if (type !== 'domain' && type !== 'ipv4' && type !== 'ipv6') return undefined
      if (names.has(value)) return 'whole'
      if (type !== 'domain') return undefined
      for (let dot = value.indexOf('.'); dot >= 0; dot = value.indexOf('.', dot + 1)) {
        if (names.has(value.slice(dot + 1))) return 'below'
      }
      return undefined
    },
  }
}

/** The widest special-use ranges: 224.0.0.0/4, fc00::/7. What is wider would stand for all addresses there are. */
const MIN_BITS = { ipv4: 4, ipv6: 7 } as const

function isTooWide(entry: string): boolean {
  const network = canonicalNetwork(entry)
  if (network === undefined) return false
  const slash = network.value.indexOf('/')
  return slash >= 0 && Number(network.value.slice(slash + 1)) < MIN_BITS[network.type]
}

/** Addresses, and networks when an entry is as wide or wider. */
function createCidrMatcher(): Matcher {
  const networks = createNetworkSet()
  return {
    add: (entry) => !isTooWide(entry) && networks.add(entry),
    seal: () => networks.seal(),
    match: ({ type, value }) =>
      (type === 'ipv4' || type === 'ipv6') && networks.covers(type, value) ? 'whole' : undefined,
  }
}

/** The public collection has 34 in two lists. */
const MAX_PATTERNS = 2000
/** Steps of all patterns of a list for each character of a value: bounds what one check may take to some 200 ms. */
const MAX_STEPS = 5000

function createRegexMatcher(): Matcher {
  const patterns: Pattern[] = []
  let tried = 0
  let steps = 0
  return {
    add: (entry) => {
      tried += 1
      const pattern = tried > MAX_PATTERNS ? undefined : readPattern(entry)
      if (pattern === undefined || steps + pattern.steps > MAX_STEPS) return false
      // What is found in nothing is found in everything.
      if (pattern.matches('')) return false
      steps += pattern.steps
      patterns.push(pattern)
      return true
    },
    seal: () => undefined,
    match: ({ type, value }) => {
      if (!patterns.some((pattern) => pattern.matches(value))) return undefined
      return type === 'url' ? 'part' : 'whole'
    },
  }
}
