import { alertLine } from '../../support/log-writer.ts'

/** What an alert of the crash test holds: a value that is planted, one that is new every time, or one of a few common ones. */
export type Kind = 'feed' | 'misp' | 'both' | 'fresh' | 'common'

const PLANTED_EVERY = 25
const PLANTED = ['feed', 'misp', 'both'] as const
const COMMON = 300

export function kindOf(number: number): Kind {
  if (number % PLANTED_EVERY === 0) return PLANTED[(number / PLANTED_EVERY) % PLANTED.length] ?? 'feed'
  return number % 10 === 3 ? 'fresh' : 'common'
}

/** Who knows the value of an alert, by the names of the providers; nobody when it is not planted. */
export function knownBy(number: number): readonly string[] {
  const kind = kindOf(number)
  if (kind === 'feed' || kind === 'misp') return [kind]
  return kind === 'both' ? ['feed', 'misp'] : []
}

/** The DNS name an alert asks for. A planted one stands in no other alert. */
export function nameOf(number: number): string {
  const kind = kindOf(number)
  if (kind === 'common') return `host${number % COMMON}.example-common.net`
  return `n${number}.${kind}-${Math.floor(number / 1000)}.net`
}

/** The alert with this number as the one line it is in the file: always the same. */
export function lineOf(number: number): string {
  return alertLine(number, 350 + (number % 7) * 60).replace(
    '"data":{',
    `"data":{"query":"${nameOf(number)}",`,
  )
}

/** The number of an alert by its id; NaN for no alert of ours. */
export function numberOf(id: string): number {
  return Number(/^1773043200\.(\d+)$/.exec(id)?.[1] ?? Number.NaN)
}

/** Every planted name that a provider knows, with the number of its alert. */
export function plantedFor(
  provider: string,
  alerts: number,
): readonly { readonly number: number; readonly name: string }[] {
  return Array.from({ length: Math.ceil(alerts / PLANTED_EVERY) }, (_, place) => place * PLANTED_EVERY)
    .filter((number) => knownBy(number).includes(provider))
    .map((number) => ({ number, name: nameOf(number) }))
}
