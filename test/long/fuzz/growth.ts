import type { Target } from './targets.ts'
import { pumped, type Pump } from './texts.ts'

/** Each length is four times the one before. A square shows at any of them: 4,096 characters make 16 million steps. */
const LENGTHS = [1024, 4096, 16_384, 65_536] as const
/** Four times the text may take this much longer: linear work takes 4 times, a square 16. */
const MAX_GROWTH = 9
/** So much it must grow at the step before, too: what is read in another way beyond some length takes longer once. */
const MIN_GROWTH_BEFORE = 6
/** Shorter runs say nothing. */
const MIN_MS = 4
/** No text of 64 KiB may hold anything up for so long, however its time grows. */
const MAX_MS = 1500
const RUNS = 5
const CONFIRMATIONS = 3

export interface Slow {
  readonly what: 'grows' | 'slow'
  readonly length: number
  readonly ms: number
  /** Time for a quarter of it. */
  readonly before: number
}

/** Undefined when the time grows with the length at most; what is suspected once is measured again and again. */
export async function growth(target: Target, pump: Pump): Promise<Slow | undefined> {
  let before = await once(target, pumped(pump, LENGTHS[0]))
  for (const length of LENGTHS.slice(1)) {
    const ms = await once(target, pumped(pump, length))
    const what = judged(ms, before)
    before = ms
    if (what === undefined) continue
    const slow = await confirmed(target, pump, length)
    if (slow !== undefined) return slow
  }
  return undefined
}

function judged(ms: number, before: number): Slow['what'] | undefined {
  if (ms > MAX_MS) return 'slow'
  return ms > MIN_MS && ms > before * MAX_GROWTH ? 'grows' : undefined
}

async function confirmed(target: Target, pump: Pump, length: number): Promise<Slow | undefined> {
  let slow: Slow | undefined
  for (let round = 0; round < CONFIRMATIONS; round++) {
    const before = await least(target, pumped(pump, length / 4))
    const ms = await least(target, pumped(pump, length))
    const what = judged(ms, before)
    if (what === undefined) return undefined
    if (what === 'grows' && before < MIN_GROWTH_BEFORE * (await least(target, pumped(pump, length / 16))))
      return undefined
    slow = { what, length, ms: Math.round(ms), before: Math.round(before * 10) / 10 }
  }
  return slow
}

/** The machine has other work, too: the shortest of some runs is the nearest to the truth. */
async function least(target: Target, text: string): Promise<number> {
  let ms = Infinity
  for (let run = 0; run < RUNS; run++) ms = Math.min(ms, await once(target, text))
  return ms
}

async function once({ run, maxChars }: Target, text: string): Promise<number> {
  const cut = text.slice(0, maxChars)
  const began = performance.now()
  await run(cut)
  return performance.now() - began
}
