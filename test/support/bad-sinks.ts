import { AppError } from '../../src/core/errors.ts'
import type { Delivery, Sink } from '../../src/core/ports.ts'

export interface RecordingSink extends Sink {
  /** What it has taken, by the ids of the matches, in order. */
  readonly ids: string[]
  calls: number
}

/** A sink that takes everything at once. */
export function goodSink(id = 'good'): RecordingSink {
  const sink: RecordingSink = {
    id,
    ids: [],
    calls: 0,
    write: async ({ matches }) => {
      sink.calls += 1
      sink.ids.push(...matches.map((match) => match.id))
    },
    close: async () => undefined,
  }
  return sink
}

export interface BadSink extends RecordingSink {
  /** From now on it takes everything, also what it has not answered yet. */
  mend(): void
}

type Write = (delivery: Delivery, signal: AbortSignal, sink: RecordingSink) => Promise<void>

/** What a sink may do that never takes a delivery as a whole. Each gets the signal of its write. */
export const MISBEHAVIOURS = {
  'throws at once': () => {
    throw new AppError('SINK_UNWRITABLE', 'no')
  },
  'throws nothing at all': () => Promise.reject(undefined),
  'throws something that has no text': () => Promise.reject(Object.create(null)),
  'hangs until it is told to give up': (_, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new AppError('SINK_UNWRITABLE', 'aborted')))
    }),
  'hangs whatever it is told': () => new Promise(() => undefined),
  'takes half and fails': ({ matches }, _, sink) => {
    sink.ids.push(...matches.slice(0, matches.length / 2).map(({ id }) => id))
    return Promise.reject(new AppError('SINK_FULL', 'half'))
  },
  'takes one record with each try': async ({ matches }, _, sink) => {
    const next = matches.find(({ id }) => !sink.ids.includes(id))
    if (next !== undefined) sink.ids.push(next.id)
    throw new AppError('SINK_FULL', 'a drop')
  },
} as const satisfies Readonly<Record<string, Write>>

export type Misbehaviour = keyof typeof MISBEHAVIOURS

export const MISBEHAVING = Object.keys(MISBEHAVIOURS) as readonly Misbehaviour[]

export function badSink(misbehaviour: Misbehaviour, id = 'bad'): BadSink {
  const misbehave: Write = MISBEHAVIOURS[misbehaviour]
  const waiting: (() => void)[] = []
  let isGood = false
  const sink: BadSink = {
    ...goodSink(id),
    write: async (delivery, signal) => {
      sink.calls += 1
      if (!isGood) {
        const mended = new Promise<void>((resolve) => waiting.push(resolve))
        await Promise.race([misbehave(delivery, signal, sink), mended])
      }
      sink.ids.push(...delivery.matches.map((match) => match.id))
    },
    mend: () => {
      isGood = true
      for (const resolve of waiting.splice(0)) resolve()
    },
  }
  return sink
}
