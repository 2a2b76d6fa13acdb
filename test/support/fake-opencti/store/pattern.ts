/** A STIX pattern as OpenCTI stores it: one blank around operators and words, none inside brackets; quoted texts stay. */
export function normalPattern(pattern: string): string {
  const tokens = pattern.match(TOKEN) ?? []
  let text = ''
  let before = ''
  for (const token of tokens) {
    if (text !== '' && !OPENING.has(before) && !CLOSING.has(token) && !sticks(before, token)) text += ' '
    text += token
    before = token
  }
  return text
}

/** A quoted text, a path or a word with its quoted parts (`file:hashes.'SHA-256'`), an operator, or one other sign. */
const TOKEN =
  /(?:[^\s'=!<>()[\],]|\[[\d*]+\])+(?:'[^']*'(?:\.[^\s'=!<>()[\],]+)?)?|'(?:\\.|[^'\\])*'|[!<>]?=|[^\s]/g
const OPENING = new Set(['[', '('])
const CLOSING = new Set([']', ')', ','])

/** A literal with its prefix: `t'2025-01-01T00:00:00Z'`. */
function sticks(before: string, token: string): boolean {
  return /^[tbh]$/.test(before) && token.startsWith("'")
}

const MAIN_TYPES: Readonly<Record<string, string>> = {
  'ipv4-addr': 'IPv4-Addr',
  'ipv6-addr': 'IPv6-Addr',
  'domain-name': 'Domain-Name',
  hostname: 'Hostname',
  url: 'Url',
  'email-addr': 'Email-Addr',
  'user-agent': 'User-Agent',
  file: 'StixFile',
}

export interface Comparison {
  readonly type: string
  readonly path: string
  readonly value: string
}

/** Each `type:path = 'value'` of a pattern, as OpenCTI's own flat list has them: nothing else, escapes as written. */
export function comparisonsOf(pattern: string): readonly Comparison[] {
  return [...pattern.matchAll(/([a-z0-9-]+):([^\s=!<>]+) !?= '((?:\\.|[^'\\])*)'/g)].map(
    ([, type = '', path = '', value = '']) => ({ type, path, value }),
  )
}

/** `Unknown` when the pattern starts with something else. */
export function mainTypeOf(pattern: string): string {
  return MAIN_TYPES[comparisonsOf(pattern)[0]?.type ?? ''] ?? 'Unknown'
}

export interface ObservableValue {
  readonly type: string
  readonly value?: string
  readonly name?: string
  readonly hashes?: Readonly<Record<string, string>>
}

/** `observable_values` of the STIX form. */
export function observableValues(pattern: string): readonly ObservableValue[] {
  return comparisonsOf(pattern).flatMap(({ type, path, value }): readonly ObservableValue[] => {
    const entityType = MAIN_TYPES[type]
    if (entityType === undefined) return []
    if (path.startsWith('hashes.'))
      return [{ type: entityType, hashes: { [path.slice(7).replaceAll("'", '')]: value } }]
    if (path === 'name') return [{ type: entityType, name: value }]
    return path === 'value' ? [{ type: entityType, value }] : []
  })
}
