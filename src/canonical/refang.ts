const OPENING = ['[', '(', '{'] as const
/** What may follow an opening bracket: `.`, `:`, `@`, `/`, `dot`, `at`. */
const INSIDE = '.:@/dDaA'

/** Nearly every text has no mark: a search for single characters is the cheapest way to see that. */
function mayBeDefanged(text: string): boolean {
  for (const bracket of OPENING) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (INSIDE.includes(text[at + 1] ?? ' ')) return true
    }
  }
  return text.includes('xx') || text.includes('XX') || text.includes('fxp')
}

/**
 * Undoes what analysts do to make values safe to paste: `hxxp`, `[.]`, `(.)`, `{.}`, `[dot]`, `[:]`, `[@]`, `[at]`,
 * `[://]`, `[/]`. Text without a defanging mark comes back as it is, after one linear test.
 */
export function refang(text: string): string {
  if (!mayBeDefanged(text)) return text
  return text
    .replaceAll(/\[(?:\.|dot)\]|\((?:\.|dot)\)|\{(?:\.|dot)\}/gi, '.')
    .replaceAll('[://]', '://')
    .replaceAll('[:]', ':')
    .replaceAll('[/]', '/')
    .replaceAll(/\[(?:@|at)\]|\((?:@|at)\)/gi, '@')
    .replaceAll(/\bhxxp(s?)(?=:)/gi, 'http$1')
    .replaceAll(/\bfxp(?=:\/\/)/gi, 'ftp')
}
