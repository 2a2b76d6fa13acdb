import { TLP, type Tlp } from '../../core/indicator.ts'

/** FIRST TLP 2.0 words; `white` is what TLP 1.0 called `clear`. */
const WORDS: ReadonlyMap<string, Tlp> = new Map([
  ...TLP.map((tlp) => [tlp, tlp] as const),
  ['white', 'clear'],
  ['amber_strict', 'amber+strict'],
])

/** `tlp:amber`, `TLP:WHITE`, `amber+strict` → TLP; undefined for any other text (`tlp:ex:chr`, `tlp:unclear`). */
export function tlpOf(text: string): Tlp | undefined {
  const word = text.trim().toLowerCase()
  return WORDS.get(word.startsWith('tlp:') ? word.slice(4).trim() : word)
}

/** The most restrictive of several. */
export function strictestTlp(all: Iterable<Tlp | undefined>): Tlp | undefined {
  let strictest: Tlp | undefined
  for (const tlp of all) {
    if (tlp === undefined) continue
    if (strictest === undefined || TLP.indexOf(tlp) > TLP.indexOf(strictest)) strictest = tlp
  }
  return strictest
}

/** The TLP that tags such as MISP's `tlp:green` state, the most restrictive if several do. */
export function tlpOfTags(tags: readonly string[]): Tlp | undefined {
  return strictestTlp(tags.filter((tag) => /^tlp:/i.test(tag)).map(tlpOf))
}
