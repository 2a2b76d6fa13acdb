/**
 * How the default collation of MISP's tables (`utf8mb3_unicode_ci`) sees a text: letter case, accents, full-width forms,
 * zero-width characters and trailing blanks do not count; soft hyphens, tabs and leading blanks do
 * (collation__* of the recording).
 */
export function fold(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase()
  return text.normalize('NFKD').replace(IGNORED, '').toLowerCase().replace(/ß/g, 'ss').replace(/ +$/, '')
}

const PLAIN = /^[\x21-\x7e]*$/
const IGNORED = /[\p{Mn}\u200b-\u200f\u2060\ufeff]/gu

/** The two stored columns of an attribute: both halves of a composite, else the value and an empty string. */
export function halves(type: string, value: string): readonly [string, string] {
  if (!isComposite(type)) return [value, '']
  const bar = value.indexOf('|')
  return bar < 0 ? [value, ''] : [value.slice(0, bar), value.slice(bar + 1)]
}

export function isComposite(type: string): boolean {
  return type.includes('|') || type === 'malware-sample'
}
