import { LRUCache } from 'lru-cache'
import type { ObservableKey } from '../../core/observable.ts'
import type { Answer, DatedAnswer } from './schema.ts'
import { createStoredAnswers, type StoredAnswersOptions } from './stored-answers.ts'

export interface AnswersOptions extends StoredAnswersOptions {
  /** How long a hit is remembered as it is, and a miss. */
  readonly ttlMs: number
  readonly negativeTtlMs: number
  /** How long after that it may still serve while nobody can be asked. */
  readonly staleMs: number
  /** The same for a miss; `staleMs` when absent. */
  readonly negativeStaleMs?: number
  /** Most answers held in memory. */
  readonly maxEntries: number
}

export interface Remembered {
  readonly answer: Answer
  /** False: it serves only while nobody can be asked. */
  readonly fresh: boolean
}

/** Answers given before, in memory and in the store, from where they come back after a restart. */
export interface Answers {
  recall(keys: readonly ObservableKey[]): Promise<ReadonlyMap<ObservableKey, Remembered>>
  /** In memory at once, in the store soon: the caller does not wait. */
  keep(key: ObservableKey, answer: Answer): void
  idle(): Promise<void>
}

interface Entry extends DatedAnswer {
  /** When it was given, by the monotonic clock. */
  readonly mono: number
}

/** Nearly all answers are this one: remembered once. */
const MISS: Answer = { kind: 'miss' }

/** Reads of the store under way at a time. */
const READS = 64

export function createAnswers(options: AnswersOptions): Answers {
  const { clock } = options
  const memory = new LRUCache<ObservableKey, Entry>({ max: options.maxEntries })
  const stored = createStoredAnswers(options)

  /** Undefined when its time is over altogether. The older of two clocks counts: one stands in sleep, one may be set back. */
  function judge({ answer, at, mono }: Entry): Remembered | undefined {
    const ageMs = Math.max(clock.now() - at, clock.monotonic() - mono)
    const { ttlMs, staleMs } = limitsOf(answer, options)
    return ageMs <= ttlMs + staleMs ? { answer, fresh: ageMs <= ttlMs } : undefined
  }

  function write(key: ObservableKey, entry: DatedAnswer): void {
    const { ttlMs, staleMs } = limitsOf(entry.answer, options)
    stored.write(key, entry, ttlMs + staleMs)
  }

  /** A stamp in the future, of a clock that was set back since, is taken as now and written so: else it would live on. */
  async function load(key: ObservableKey): Promise<Entry | undefined> {
    const found = await stored.read(key)
    if (found === undefined) return undefined
    const ageMs = clock.now() - found.at
    const at = Math.min(found.at, clock.now())
    const entry = { answer: plain(found.answer), at, mono: clock.monotonic() - Math.max(0, ageMs) }
    memory.set(key, entry)
    if (ageMs < 0) write(key, entry)
    return entry
  }

  return {
    recall: async (keys) => {
      const found = new Map<ObservableKey, Remembered>()
      const take = (key: ObservableKey, entry: Entry | undefined): void => {
        const remembered = entry === undefined ? undefined : judge(entry)
        if (remembered !== undefined) found.set(key, remembered)
      }
      const unknown = keys.filter((key) => {
        const entry = memory.get(key)
        take(key, entry)
        return entry === undefined
      })
      for (let from = 0; from < unknown.length; from += READS) {
        const some = unknown.slice(from, from + READS)
        await Promise.all(some.map(async (key) => take(key, await load(key))))
      }
      return found
    },
    keep: (key, answer) => {
      const entry = { answer: plain(answer), at: clock.now(), mono: clock.monotonic() }
      memory.set(key, entry)
      write(key, entry)
    },
    idle: () => stored.idle(),
  }
}

function plain(answer: Answer): Answer {
  return answer.kind === 'miss' ? MISS : answer
}

function limitsOf(
  { kind }: Answer,
  { ttlMs, negativeTtlMs, staleMs, negativeStaleMs = staleMs }: AnswersOptions,
): { readonly ttlMs: number; readonly staleMs: number } {
  return kind === 'hit' ? { ttlMs, staleMs } : { ttlMs: negativeTtlMs, staleMs: negativeStaleMs }
}
