import { systemErrorCode } from '../../core/errors.ts'
import { fingerprintOf } from './fingerprint.ts'
import { moved, type PartsStep, type Self } from './follow-state.ts'
import { lookAt } from './open-path.ts'
import { sameFile } from './record.ts'
import type { Position } from './schema.ts'
import { GIVEN_UP } from './unread.ts'

/** A bad sector in an old file must not keep the live one waiting: after this long what follows it is given up. */
const FAILING_MS = 60_000
/** What a disk or a file system says of one file; missing rights or descriptors are waited for. */
const SPOILT = new Set(['EIO', 'EBADMSG', 'ESTALE'])

/** Notes a failure; true when the same has failed for long enough. */
export function failsForLong(self: Self, what: string): boolean {
  const now = self.clock.monotonic()
  if (self.failing?.what !== what) self.failing = { what, since: now }
  return now - self.failing.since >= FAILING_MS
}

/** It did not fail: another failure, later, begins a new time. */
export function works(self: Self, what: string): void {
  if (self.failing?.what === what) self.failing = undefined
}

export function isSpoilt(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  return SPOILT.has(systemErrorCode(cause) ?? '')
}

/** A file that cannot even be known by its first bytes: its number and name stand for it from now on. */
export function giveUp(self: Self, file: Omit<Position, 'fingerprint'>, error: unknown): PartsStep {
  const { context } = self
  context.events.broken({ file: context.file, offset: file.offset, dated: file.dated }, error)
  const fingerprint = fingerprintOf(Buffer.alloc(0))
  return moved(self, { kind: 'left', left: { ...file, fingerprint, end: GIVEN_UP } })
}

/** Whether a path shows a file that was given up. */
export async function wasGivenUp({ context, record }: Self, path: string): Promise<boolean> {
  const looked = await lookAt(context.access, path)
  if (looked.kind !== 'there') return false
  const { identity } = looked
  return record.finished.some((left) => left.end === GIVEN_UP && sameFile(left, identity))
}
