import type { FileRecord, Left, Position } from './schema.ts'

/** More than one day's files at Wazuh's shortest rotation interval of ten minutes (144). */
const MAX_FINISHED = 200

/** A step of a followed file, in the order of its bytes. */
export type Update =
  | { readonly kind: 'at'; readonly position: Position }
  | { readonly kind: 'left'; readonly left: Left }
  /** The path was looked at and showed no file: what comes there is read from its beginning, also by a later run. */
  | { readonly kind: 'awaited' }

export function emptyRecord(path: string): FileRecord {
  return { path, current: null, finished: [], forgotten: '' }
}

export function sameFile(a: Pick<Position, 'dev' | 'ino'>, b: Pick<Position, 'dev' | 'ino'>): boolean {
  return a.ino === b.ino && a.dev === b.dev
}

export function applyUpdate(record: FileRecord, update: Update): FileRecord {
  if (update.kind === 'awaited') return record
  if (update.kind === 'at') return { ...record, current: update.position }
  const { left } = update
  const others = record.finished.filter((entry) => !sameFile(entry, left) || hadItsNumber(entry, left))
  const { end: _end, ...current } = left
  const all = [...others, left]
  const forgotten = all
    .slice(0, -MAX_FINISHED)
    .reduce((key, { dated }) => later(key, dated), record.forgotten)
  return { ...record, current, finished: all.slice(-MAX_FINISHED), forgotten }
}

/** An inode number is used again: of the file that had it before a packed one may be left, which is not to be read again. */
function hadItsNumber(before: Left, { fingerprint, dated }: Left): boolean {
  if (before.dated !== null && dated !== null && before.dated !== dated) return true
  return before.fingerprint.bytes === fingerprint.bytes && before.fingerprint.sha256 !== fingerprint.sha256
}

function later(key: string, other: string | null): string {
  return other !== null && other > key ? other : key
}
