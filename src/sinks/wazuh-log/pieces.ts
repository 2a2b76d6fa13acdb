/** Lines taken piece by piece. A piece is given again until it was written. */
export interface Pieces {
  /** Empty when all are written. */
  next(): readonly string[]
  /** The last piece given is out of the way. */
  wrote(): void
  /** How many lines were written. */
  readonly done: number
}

/** At most `size` lines at a time, which are made only then. */
export function createPieces(lines: Iterator<{ readonly text: string }>, size: number): Pieces {
  let piece: string[] = []
  let done = 0
  return {
    next: () => {
      while (piece.length < size) {
        const line = lines.next()
        if (line.done === true) break
        piece.push(line.value.text)
      }
      return piece
    },
    wrote: () => {
      done += piece.length
      piece = []
    },
    get done() {
      return done
    },
  }
}
