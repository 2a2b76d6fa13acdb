import { isGzipName } from '../gzip.ts'
import { keyOfDaysBack, type DatedFile } from './dated-files.ts'
import { datedKeyOf, findAgain, isStillLive, newestPlain, openLive } from './find-file.ts'
import { AGAIN, QUIET, between, closingOnError, drain, follow, moved } from './follow-state.ts'
import type { LiveFile, Part, Self, Step, Waiting } from './follow-state.ts'
import { finishedBefore, isSameFile, wasFinished } from './known.ts'
import { failsForLong, giveUp, isSpoilt, works } from './give-up.ts'
import { layoutOf } from './layout.ts'
import { openFile } from './open-file.ts'
import { openPath, type OpenHandle } from './open-path.ts'
import { sameFile } from './record.ts'
import type { Position } from './schema.ts'
import { lastLineStart } from './start-offset.ts'
import { hasGrown, listCandidates } from './unread.ts'

export async function stepWaiting(self: Self, state: Waiting): Promise<Step> {
  const { file, events } = self.context
  const result = await openLive(self.place)
  if (result.kind === 'unreadable' || result.kind === 'no file') {
    events.unreadable(file, result.error)
    return QUIET
  }
  if (result.kind === 'missing') return stepMissing(self, state)
  const live = { opened: result.file, ...(result.instead === undefined ? {} : { instead: result.instead }) }
  return closingOnError(result.file, (opened) => {
    if (isGzipName(file)) return startPacked(self, opened)
    return state.resume === null ? start(self, state, live) : goOn(self, state.resume, live)
  })
}

async function stepMissing(self: Self, state: Waiting): Promise<Step> {
  const { context, place, record } = self
  const { resume } = state
  if (resume !== null) {
    const again = await readOn(self, resume)
    if (again !== undefined) return again
    if (resume.dated !== null) {
      const { finished, forgotten } = record
      const search = { place, from: resume.dated, finished, forgotten, live: undefined }
      if ((await listCandidates(search)).length > 0) return leaveGone(self, resume)
    }
  }
  if (state.told) return QUIET
  context.events.missing(context.file)
  self.state = { ...state, startAt: 'beginning', told: true }
  return moved(self, { kind: 'awaited' })
}

async function start(self: Self, state: Waiting, live: LiveFile): Promise<Step> {
  const { opened } = live
  const from = await firstKey(self, state.backfillDays)
  if (from !== undefined) {
    await opened.handle.close()
    self.state = between(from)
    return AGAIN
  }
  const dated = live.instead === undefined ? await datedBeside(self, opened) : undefined
  if (dated !== undefined && state.startAt === 'beginning') {
    await opened.handle.close()
    self.state = between(dated.key)
    return AGAIN
  }
  const aside = dated === undefined ? [] : await leaveAtEnd(self, dated)
  const offset = state.startAt === 'end' ? await endOf(self, opened) : 0
  const followed = await follow(self, live, offset, state.startAt)
  return { kind: 'parts', parts: [...aside, ...followed.parts] }
}

function endOf({ context }: Self, { handle, size }: OpenHandle): Promise<number> {
  return lastLineStart(handle, size, context.maxLineBytes)
}

/**
 * The dated file Wazuh writes to when the path shows another one: `create` of logrotate puts a new file in the place of
 * the link, which Wazuh does not notice (4.14.7).
 */
async function datedBeside({ place }: Self, opened: OpenHandle): Promise<DatedFile | undefined> {
  return (await datedKeyOf(place, opened)) === null ? newestPlain(place.file) : undefined
}

/** What comes to a dated file from now on is found by its growth. */
async function leaveAtEnd(self: Self, { path, key }: DatedFile): Promise<readonly Part[]> {
  const result = await openPath(self.place.access, path)
  if (result.kind !== 'open') return []
  return closingOnError(result.file, async (opened) => {
    const offset = await endOf(self, opened)
    const open = await openFile({ opened, offset, gzip: false, dated: key }, self.context)
    const left = open.left(offset)
    await open.close()
    return moved(self, { kind: 'left', left }).parts
  })
}

/** Where reading of older files begins at the first start; undefined when none are to be read. */
async function firstKey(self: Self, backfillDays: number): Promise<string | undefined> {
  const layout = backfillDays === 0 ? undefined : await layoutOf(self.context.file)
  return layout === undefined ? undefined : keyOfDaysBack(layout, backfillDays)
}

async function goOn(self: Self, position: Position, live: LiveFile): Promise<Step> {
  const { opened } = live
  const { context, place, record } = self
  const { file, events } = context
  if (await isStillLive(place, opened, position)) {
    const cut = opened.size < position.offset
    if (cut) events.rotated('truncate', { file, offset: position.offset })
    const { finished, forgotten } = record
    const search = { place, from: position.dated ?? '', finished, forgotten, live: opened }
    if (cut || position.dated === null || !(await hasGrown(search, self.packed)))
      return follow(self, live, cut ? 0 : position.offset, 'checkpoint')
    // An earlier file first: Wazuh was back at it for a while.
    await opened.handle.close()
    self.state = between(position.dated)
    return moved(self, { kind: 'left', left: { ...position, end: position.offset } })
  }
  await opened.handle.close()
  const again = await readOn(self, position)
  if (again !== undefined) {
    events.rotated('swap', { file, offset: position.offset })
    return again
  }
  // With another name it is a new file that got the number of the old one.
  const emptied = sameFile(opened, position) && (await datedKeyOf(place, opened)) === position.dated
  if (emptied && position.offset > 0) events.rotated('truncate', { file, offset: position.offset })
  return leaveGone(self, position)
}

/** Goes on in the file of a checkpoint; undefined when it is not there any more. */
async function readOn(self: Self, position: Position): Promise<Step | undefined> {
  const what = `again ${position.ino}`
  try {
    const found = await findAgain(self.place, position)
    if (found === undefined) return undefined
    const step = await closingOnError(found.opened, () => drain(self, found, between(position.dated)))
    works(self, what)
    return step
  } catch (error) {
    if (!isSpoilt(error) || !failsForLong(self, what)) throw error
    self.state = between(position.dated)
    return giveUp(self, position, error)
  }
}

/** Goes on behind a file that is not there any more, or holds other bytes: nobody knows what stood there unread. */
function leaveGone(self: Self, position: Position): Step {
  const { file, events } = self.context
  const { fingerprint, offset, dated } = position
  if (fingerprint.bytes > 0 && !wasFinished(position, self.record.finished)) {
    events.lost({ file, offset, dated })
  }
  self.state = between(dated, true)
  return AGAIN
}

/** A `.gz` file in the configuration is read once, whatever `startAt` says: nothing is ever added to it. */
async function startPacked(self: Self, opened: OpenHandle): Promise<Step> {
  const { current, finished } = self.record
  if ((await finishedBefore(opened, finished, { gzip: true })) !== undefined) {
    await opened.handle.close()
    self.state = { kind: 'finished' }
    return { kind: 'finished' }
  }
  const offset = current !== null && (await isSameFile(opened, current, true)) ? current.offset : 0
  return drain(self, { opened, offset, gzip: true, dated: null, final: true }, 'finished')
}
