import { AppError } from '../../core/errors.ts'
import { leftOut, lookupError, unanswered, type Ask } from './ask.ts'
import { isOverload } from './size.ts'
import type { Term } from './term-queue.ts'

/** Terms that go, or went, in one request, and how many more times what they came from may be split. */
export interface Parcel {
  readonly terms: readonly Term[]
  readonly splits: { left: number }
}

/** Ends a value that makes each request fail in at most 17 requests, and a server that fails all of them is not hammered. */
const MAX_SPLITS = 8

export function parcelOf(terms: readonly Term[]): Parcel {
  return { terms, splits: { left: MAX_SPLITS } }
}

/**
 * Sends one request and settles its terms. When the request was too much for the server, or its answer was none, nothing is
 * settled and its halves are given back, to be asked again: one value that spoils a request must not leave all
 * others unanswered. Halves weigh no less than half of `minWeight`. Never rejects.
 */
export async function send(next: Ask, parcel: Parcel, minWeight: number): Promise<readonly Parcel[]> {
  const terms = openTerms(parcel)
  if (terms.length === 0) return []
  const controller = new AbortController()
  let waitedFor = terms.length
  for (const term of terms) {
    term.left = () => {
      waitedFor -= 1
      if (waitedFor === 0) controller.abort()
    }
  }
  try {
    const answers = await next(
      terms.map(({ observable }) => observable),
      controller.signal,
    )
    for (const term of terms) term.settle(answers.get(term.key) ?? unanswered(leftOut()))
    return []
  } catch (error) {
    const halves = isTooMuch(error) ? halvesOf(parcel, minWeight) : []
    if (halves.length === 0) for (const term of terms) term.settle(unanswered(lookupError(error)))
    return halves
  }
}

/** Without those whose callers left while it waited. */
function openTerms({ terms }: Parcel): readonly Term[] {
  return terms.filter((term) => !term.settled())
}

function halvesOf(parcel: Parcel, minWeight: number): readonly Parcel[] {
  const { splits } = parcel
  const open = openTerms(parcel)
  const weight = open.reduce((sum, term) => sum + term.weight, 0)
  if (open.length < 2 || weight <= minWeight || splits.left === 0) return []
  splits.left -= 1
  const middle = Math.ceil(open.length / 2)
  return [open.slice(0, middle), open.slice(middle)].map((half) => ({ terms: half, splits }))
}

function isTooMuch(error: unknown): boolean {
  return isOverload(error) || (error instanceof AppError && error.code === 'PROVIDER_MALFORMED')
}
