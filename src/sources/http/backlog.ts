import type { SpoolListing } from '../spool/reader.ts'

/** What lies in a spool, read already or not. */
export interface Amount {
  readonly alerts: number
  readonly bytes: number
}

/** Keeps count of what waits on the disk, and says no beyond its limits. */
export interface Backlog {
  waiting(): Amount
  isFull(): boolean
  /** Counts what is about to be written; false, and nothing is counted, when it does not fit. With nothing waiting everything does. */
  reserve(amount: Amount): boolean
  /** It could not be written. */
  release(amount: Amount): void
  /** It is written. */
  written(amount: Amount): void
  removed(names: readonly string[]): void
  /** Counts anew what is there: people may have taken files away. */
  listing(): SpoolListing
}

/** The name of a file tells what is in it, so that nothing has to be opened to know. */
const NAME = /^(\d{16})\.(\d{1,10})\.(\d{1,15})\.jsonl$/

export function fileName(sequence: number, { alerts, bytes }: Amount): string {
  return `${String(sequence).padStart(16, '0')}.${alerts}.${bytes}.jsonl`
}

/** Undefined for a file that is none of ours. */
function contentOf(name: string): (Amount & { readonly sequence: number }) | undefined {
  const [, sequence, alerts, bytes] = NAME.exec(name) ?? []
  if (sequence === undefined) return undefined
  return { sequence: Number(sequence), alerts: Number(alerts), bytes: Number(bytes) }
}

/** Behind it numbers would lose their last digit before long. None of ours before the year 2255. */
const MAX_SEQUENCE = 9e15

/** The place of a file among the others; 0 for one that is none of ours. */
export function sequenceOf(name: string): number {
  const sequence = contentOf(name)?.sequence ?? 0
  return sequence < MAX_SEQUENCE ? sequence : 0
}

const NOTHING: Amount = { alerts: 0, bytes: 0 }

function plus(a: Amount, b: Amount, sign: 1 | -1 = 1): Amount {
  return { alerts: Math.max(0, a.alerts + sign * b.alerts), bytes: Math.max(0, a.bytes + sign * b.bytes) }
}

function sumOf(names: readonly string[]): Amount {
  return names.reduce((sum, name) => plus(sum, contentOf(name) ?? NOTHING), NOTHING)
}

/** `onChange` is told after each change. */
export function createBacklog(limit: Amount, onChange: (waiting: Amount) => void): Backlog {
  let there = NOTHING
  let coming = NOTHING
  let changes = 0
  const change = (nextThere: Amount, nextComing: Amount): void => {
    there = nextThere
    coming = nextComing
    changes += 1
    onChange(waiting())
  }
  const waiting = (): Amount => plus(there, coming)
  return {
    waiting,
    isFull: () => waiting().alerts >= limit.alerts || waiting().bytes >= limit.bytes,
    reserve: (amount) => {
      const all = plus(waiting(), amount)
      if (waiting().alerts > 0 && (all.alerts > limit.alerts || all.bytes > limit.bytes)) return false
      change(there, plus(coming, amount))
      return true
    },
    release: (amount) => change(there, plus(coming, amount, -1)),
    written: (amount) => change(plus(there, amount), plus(coming, amount, -1)),
    removed: (names) => change(plus(there, sumOf(names), -1), coming),
    listing: () => {
      const before = changes
      let seen = NOTHING
      return {
        saw: (name) => {
          seen = plus(seen, contentOf(name) ?? NOTHING)
        },
        // What has changed meanwhile, or is being written, may be in it or not: the next look will tell.
        end: () => {
          if (before === changes && coming.alerts === 0) change(seen, coming)
        },
      }
    },
  }
}
