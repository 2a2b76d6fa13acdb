import { TLP, type Tlp } from '../../core/indicator.ts'

/** FIRST TLP 2.0 words; `white` is what TLP 1.0 called `clear`. */
const WORDS: ReadonlyMap<string, Tlp> = new Map([
  ...TLP.map((tlp) => [tlp, tlp] as const),
  ['white', 'clear'],
  ['amber_strict', 'amber+strict'],
])

/** STIX 2.1 §7.2.1.4 (TLP 1), OASIS «TLP 2.0 marking definitions», and OpenCTI's own `TLP:AMBER+STRICT`. */
export const TLP_MARKINGS: ReadonlyMap<string, Tlp> = new Map<string, Tlp>([
  ['marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9', 'clear'],
  ['marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da', 'green'],
  ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82', 'amber'],
  ['marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed', 'red'],
  ['marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487', 'clear'],
  ['marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb', 'green'],
  ['marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421', 'amber'],
  ['marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003', 'amber+strict'],
  ['marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1', 'red'],
  ['marking-definition--826578e1-40ad-459f-bc73-ede076f81f37', 'amber+strict'],
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
