/** Pseudo-random numbers that are the same for a seed on every machine: xorshift32 (Marsaglia, 2003). */
export interface Random {
  /** An integer from 0 to `max - 1`. */
  int(max: number): number
  /** True with this probability, 0 to 1. */
  chance(share: number): boolean
  pick<const List extends readonly [unknown, ...unknown[]]>(list: List): List[number]
  /** Lower-case hexadecimal text of this many characters. */
  hex(length: number): string
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0 || 0x9e3779b9
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  // Small seeds differ in few bits only; the first numbers would show it.
  for (let i = 0; i < 16; i++) next()
  const int = (max: number): number => Math.floor((next() / 0x1_0000_0000) * max)
  return {
    int,
    chance: (share) => next() < share * 0x1_0000_0000,
    pick: (list) => list[int(list.length)] ?? list[0],
    hex: (length) => {
      let text = ''
      while (text.length < length) text += next().toString(16).padStart(8, '0')
      return text.slice(0, length)
    },
  }
}
