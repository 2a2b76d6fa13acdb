import { AppError, errorText, systemErrorCode } from '../core/errors.ts'

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** The reader of a pipe has gone, and what a stream says from then on. */
const CLOSED: ReadonlySet<string> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'])

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'Free space on the file system, or point `path` at another one.',
  EDQUOT: 'Raise the disk quota of the user Tripline runs as, or free space.',
  EFBIG: 'Lower `maxSize`, or raise the limit on the size of files (LimitFSIZE, ulimit -f).',
  EACCES: 'Give the user Tripline runs as write access to the file and its folder.',
  EPERM: 'Give the user Tripline runs as write access to the file and its folder.',
  EROFS: 'The file system is mounted read-only: mount it writable, or point `path` at another one.',
  ENOENT: 'Create the folder, or mount what belongs there.',
  ENOTDIR: 'A part of the path is a file: correct `path`.',
  EISDIR: 'The path is a folder: name a file in it.',
}

/**
 * Any error of a write as an AppError: SINK_FULL where space is missing, SINK_CLOSED where the reader of a pipe has gone,
 * SINK_UNWRITABLE for the rest.
 */
export function sinkError(error: unknown, target: string): AppError {
  if (error instanceof AppError) return error
  const word = systemErrorCode(error) ?? ''
  if (CLOSED.has(word))
    return new AppError('SINK_CLOSED', `The reader of ${target} has gone`, { cause: error })
  const hint = HINTS[word]
  const options = hint === undefined ? { cause: error } : { cause: error, hint }
  return FULL.has(word)
    ? new AppError('SINK_FULL', `No space left to write ${target} (${word})`, options)
    : new AppError('SINK_UNWRITABLE', `Cannot write ${target}: ${errorText(error)}`, options)
}

/** The rejection of a write that came too late: after `close`, or after its signal was aborted. */
export function stoppedError(target: string): AppError {
  return new AppError('SINK_UNWRITABLE', `Not written to ${target}: it is being closed`)
}
