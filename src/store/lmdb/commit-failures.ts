import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RootDatabase } from 'lmdb'

/**
 * A commit that fails (a full disk) rejects, beside the promises of the writes, two that nobody was given, and either
 * would end the process (lmdb-js 3.5.6, write.js): that of the batch's start, `writeBatchStart`, which only
 * `db.committed` leads to, and `commitError` of the errors. The former is made right after `beforecommit`.
 */
export function handleLostRejections(db: Pick<RootDatabase, 'committed' | 'on'>): void {
  db.on('beforecommit', () => queueMicrotask(() => void db.committed.then(ignore, commitCause)))
}

/** Why a write failed, as the system says it: lmdb-js puts that into a promise on its own error. Never rejects. */
export async function commitCause(failure: unknown): Promise<unknown> {
  if (!(failure instanceof Error) || !('commitError' in failure)) return failure
  try {
    const { commitError } = failure
    // It is rejected in the turn in which the error comes; a turn later it never will be.
    await Promise.race([commitError, nextTurn()])
    return failure
  } catch (cause) {
    return cause
  }
}

function ignore(): void {
  // The writes' own promises tell how it went.
}
