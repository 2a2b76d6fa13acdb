import type { DeadLetter, DeadLetters } from '../core/dead-letter.ts'
import type { ComponentId } from '../core/indicator.ts'
import { stoppedError } from './errors.ts'

/** Where a sink puts what it can never write; absent where nothing is kept: the write fails then. */
export type Burial = Pick<DeadLetters, 'put'>

/** What could not be made into a record. */
export interface Refused<Item> {
  readonly item: Item
  readonly error: unknown
}

/**
 * The lines of what can be written. One that cannot be, by a defect, must not hold up those behind it for ever: it goes to `refused`.
 * Items without a line give none.
 */
export function* writable<Item>(
  items: Iterable<Item>,
  format: (item: Item) => string | undefined,
  refused: Refused<Item>[],
): Generator<string> {
  for (const item of items) {
    let line: string | undefined
    try {
      line = format(item)
    } catch (error) {
      refused.push({ item, error })
    }
    if (line !== undefined) yield line
  }
}

export interface Bury {
  readonly id: ComponentId
  readonly deadLetters: Burial | undefined
  readonly signal: AbortSignal
}

/** Resolves when the letters are durable. Rejects with the first error where nothing is kept, and when the signal aborts. */
export async function bury(
  letters: readonly Omit<DeadLetter, 'reason' | 'component'>[],
  { id, deadLetters, signal }: Bury,
): Promise<void> {
  const [first] = letters
  if (first === undefined) return
  if (deadLetters === undefined) throw first.error
  const refused = letters.map<DeadLetter>((each) => ({ reason: 'refused', component: id, ...each }))
  if (!(await deadLetters.put(refused, signal))) throw stoppedError('the dead letters')
}
