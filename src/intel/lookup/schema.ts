import { z } from 'zod'
import { MATCH_KINDS, type MatchedIndicator } from '../../core/match.ts'
import type { Verdict } from '../../core/verdict.ts'
import { parseIndicator } from '../mirror/schema.ts'

/** An answer that may be remembered. */
export type Answer = Extract<Verdict, { readonly kind: 'hit' | 'miss' }>

export interface DatedAnswer {
  readonly answer: Answer
  /** When it was given: wall clock, milliseconds. */
  readonly at: number
}

interface StoredAnswer extends DatedAnswer {
  /** What it depends on besides the value. */
  readonly fingerprint: string
}

const stored = z.object({
  at: z.number().min(0),
  fingerprint: z.string(),
  hits: z.array(z.object({ kind: z.enum(MATCH_KINDS), indicator: z.unknown() })),
})

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Without what the policy added to an indicator: that is judged anew each time. */
export function encodeAnswer({ at, fingerprint, answer }: StoredAnswer): Uint8Array {
  const hits =
    answer.kind === 'miss' ? [] : answer.indicators.map(({ kind, indicator }) => ({ kind, indicator }))
  return encoder.encode(JSON.stringify({ at, fingerprint, hits }))
}

/** Undefined when it is no such answer, or not whole: a hit that lost an indicator is not one to use. */
export function decodeAnswer(bytes: Uint8Array): StoredAnswer | undefined {
  const entry = stored.safeParse(parse(bytes)).data
  if (entry === undefined) return undefined
  const indicators: MatchedIndicator[] = []
  for (const { kind, indicator: body } of entry.hits) {
    const indicator = parseIndicator(body)
    if (indicator === undefined) return undefined
    indicators.push({ indicator, kind })
  }
  const [first, ...rest] = indicators
  const answer: Answer =
    first === undefined ? { kind: 'miss' } : { kind: 'hit', indicators: [first, ...rest] }
  return { at: entry.at, fingerprint: entry.fingerprint, answer }
}

/** A trouble with a provider, told from node to node. */
export interface Hint {
  readonly trouble: string
  /** What went wrong, by the code of the error. */
  readonly code: string
}

const hint = z.object({ trouble: z.uuid(), code: z.string().regex(/^[A-Z_]{1,40}$/) })
const MAX_HINT_BYTES = 256

export function encodeHint({ trouble, code }: Hint): Uint8Array {
  return encoder.encode(JSON.stringify({ trouble, code }))
}

/** Undefined when it is none. */
export function decodeHint(bytes: Uint8Array): Hint | undefined {
  return bytes.length > MAX_HINT_BYTES ? undefined : hint.safeParse(parse(bytes)).data
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch {
    return undefined
  }
}
