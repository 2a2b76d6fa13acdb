/** Runs one work after the other, in the order of the calls. A work that fails rejects for its own caller only. */
export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>

export function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const run = last.then(work)
    // The caller has `run` and its error; the next work only waits for the end.
    last = run.catch(() => undefined)
    return run
  }
}
