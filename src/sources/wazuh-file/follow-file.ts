import type { Alert } from '../../core/alert.ts'
import type { Clock } from '../../core/clock.ts'
import type { Piece } from '../collect.ts'
import { isGzipName } from '../gzip.ts'
import {
  datedKeyOf,
  findAgain,
  finishedBefore,
  isSameFile,
  isStillLive,
  nextUnread,
  type Found,
} from './find-file.ts'
import { openFile, type OpenFile, type OpenOptions, type ReadContext } from './open-file.ts'
import { lookAt, openPath, unreadable, type OpenHandle } from './open-path.ts'
import { applyUpdate, sameFile, type Update } from './record.ts'
import type { FileRecord, Position } from './schema.ts'
import { lastLineStart } from './start-offset.ts'

// Longer than most files: one state machine, whose states and steps are read together.

/** Rotation leaves the path without a file for 50 to 90 µs (Wazuh 4.14.7); this long is somebody's doing. */
const NAMELESS_MS = 10_000

/** Alerts, and the step that is done once they are acknowledged. */
export interface Part {
  readonly alerts: readonly Alert[]
  readonly update: Update
}

/** `parts`, possibly none: go on at once. `quiet`: nothing to do before the next poll. `finished`: never again. */
export type Step =
  | { readonly kind: 'parts'; readonly parts: readonly Part[] }
  | { readonly kind: 'quiet' }
  | { readonly kind: 'finished' }

type State =
  /** Nothing is open. `resume` is where the last run, or the run before a read error, stood. */
  | {
      readonly kind: 'waiting'
      readonly resume: Position | null
      readonly startAt: 'beginning' | 'end'
      readonly told: boolean
    }
  /** Reading what the path shows. `quiet`: the end was reached with the last step. */
  | { readonly kind: 'following'; readonly open: OpenFile; quiet: boolean; missingSince: number | undefined }
  /** Reading a file to its end that gets no more alerts; then looks `between`, or is `finished`. */
  | { readonly kind: 'draining'; readonly open: OpenFile; readonly next: 'between' | 'finished' }
  /** One file is done, the next one is not open yet. */
  | { readonly kind: 'between' }
  | { readonly kind: 'finished' }

export interface FollowOptions {
  readonly context: ReadContext
  readonly clock: Clock
  readonly record: FileRecord
  readonly resume: Position | null
  readonly startAt: 'beginning' | 'end'
}

/** Follows one path through everything Wazuh and its users do to it. One call of `step` at a time. */
export interface Follower {
  step(): Promise<Step>
  /** Offset after the last line read, and the bytes there and not read. */
  progress(): Promise<{ readonly position: number; readonly lagBytes: number }>
  close(): Promise<void>
}

type StartedFrom = 'beginning' | 'end' | 'checkpoint'

interface Self {
  readonly context: ReadContext
  readonly clock: Clock
  state: State
  /** As the checkpoint will be when all that was read is acknowledged. */
  record: FileRecord
}

const QUIET: Step = { kind: 'quiet' }
const AGAIN: Step = { kind: 'parts', parts: [] }

export function createFollower({ context, clock, record, resume, startAt }: FollowOptions): Follower {
  const self: Self = { context, clock, record, state: { kind: 'waiting', resume, startAt, told: false } }
  return {
    step: async () => {
      try {
        return await advance(self)
      } catch (error) {
        context.events.unreadable(context.file, unreadable(error))
        await closeOpen(self.state)
        self.state = { kind: 'waiting', resume: self.record.current, startAt: 'beginning', told: false }
        return QUIET
      }
    },
    progress: async () => {
      const open = openOf(self.state)
      if (open === undefined) return { position: self.record.current?.offset ?? 0, lagBytes: 0 }
      return { position: open.position(), lagBytes: await open.lag().catch(() => 0) }
    },
    close: () => closeOpen(self.state),
  }
}

function advance(self: Self): Promise<Step> {
  const { state } = self
  if (state.kind === 'waiting') return stepWaiting(self, state)
  if (state.kind === 'following') return stepFollowing(self, state)
  if (state.kind === 'draining') return stepDraining(self, state)
  if (state.kind === 'between') return stepBetween(self)
  return Promise.resolve(state satisfies { kind: 'finished' })
}

async function stepWaiting(self: Self, state: State & { kind: 'waiting' }): Promise<Step> {
  const { file, events } = self.context
  const result = await openPath(file)
  if (result.kind === 'unreadable') {
    events.unreadable(file, result.error)
    return QUIET
  }
  if (result.kind === 'missing') {
    if (state.told) return QUIET
    events.missing(file)
    self.state = { ...state, startAt: 'beginning', told: true }
    return moved(self, { kind: 'awaited' })
  }
  return closingOnError(result.file, (opened) => {
    if (isGzipName(file)) return startPacked(self, opened)
    return state.resume === null ? start(self, state, opened) : goOn(self, state.resume, opened)
  })
}

async function start(self: Self, state: State & { kind: 'waiting' }, opened: OpenHandle): Promise<Step> {
  const { maxLineBytes } = self.context
  const atEnd = state.startAt === 'end'
  const offset = atEnd ? await lastLineStart(opened.handle, opened.size, maxLineBytes) : 0
  return follow(self, opened, offset, state.startAt)
}

async function goOn(self: Self, position: Position, opened: OpenHandle): Promise<Step> {
  const { file, events } = self.context
  if (await isStillLive(file, opened, position)) {
    const cut = opened.size < position.offset
    if (cut) events.rotated('truncate', { file, offset: position.offset })
    return follow(self, opened, cut ? 0 : position.offset, 'checkpoint')
  }
  await opened.handle.close()
  const found = await findAgain(file, position)
  if (found !== undefined) {
    events.rotated('swap', { file, offset: position.offset })
    return closingOnError(found.opened, () => drain(self, found))
  }
  if (sameFile(opened, position)) events.rotated('truncate', { file, offset: position.offset })
  else if (position.fingerprint.bytes > 0) events.lost({ file, offset: position.offset })
  self.state = { kind: 'between' }
  return AGAIN
}

/** A `.gz` file in the configuration is read once, whatever `startAt` says: nothing is ever added to it. */
async function startPacked(self: Self, opened: OpenHandle): Promise<Step> {
  const { current, finished } = self.record
  if ((await finishedBefore(opened, finished, true)) !== undefined) {
    await opened.handle.close()
    self.state = { kind: 'finished' }
    return { kind: 'finished' }
  }
  const offset = current !== null && (await isSameFile(opened, current, true)) ? current.offset : 0
  const open = await begin(
    self,
    { opened, offset, gzip: true, dated: null },
    offset === 0 ? 'beginning' : 'checkpoint',
  )
  self.state = { kind: 'draining', open, next: 'finished' }
  return moved(self, { kind: 'at', position: open.at(offset) })
}

async function follow(self: Self, opened: OpenHandle, offset: number, from: StartedFrom): Promise<Step> {
  const dated = (await datedKeyOf(self.context.file, opened)) ?? self.record.current?.dated ?? null
  const open = await begin(self, { opened, offset, gzip: false, dated }, from)
  self.state = { kind: 'following', open, quiet: false, missingSince: undefined }
  return moved(self, { kind: 'at', position: open.at(offset) })
}

async function drain(self: Self, found: Found): Promise<Step> {
  const open = await begin(self, found, found.offset === 0 ? 'beginning' : 'checkpoint')
  self.state = { kind: 'draining', open, next: 'between' }
  return moved(self, { kind: 'at', position: open.at(found.offset) })
}

async function begin(self: Self, options: OpenOptions, from: StartedFrom): Promise<OpenFile> {
  const open = await openFile(options, self.context)
  self.context.events.started({ file: self.context.file, offset: options.offset }, from)
  return open
}

async function closingOnError<T>(opened: OpenHandle, use: (opened: OpenHandle) => Promise<T>): Promise<T> {
  try {
    return await use(opened)
  } catch (error) {
    await opened.handle.close()
    throw error
  }
}

async function stepFollowing(self: Self, state: State & { kind: 'following' }): Promise<Step> {
  const { open } = state
  if (state.quiet && !(await open.unchanged())) return rewind(self, open)
  const pieces = await open.read()
  state.quiet = pieces === undefined
  if (pieces !== undefined) return parts(self, open, pieces)
  const { file, events } = self.context
  const looked = await lookAt(file)
  if (looked.kind === 'unreadable') {
    events.unreadable(file, looked.error)
    return QUIET
  }
  if (looked.kind === 'missing') return stepNameless(self, state)
  state.missingSince = undefined
  if (sameFile(looked.identity, open)) return looked.size < open.end() ? rewind(self, open) : QUIET
  // The writer closed this file before it changed the path, so one more read to the end gives all of it.
  events.rotated('swap', { file, offset: open.end() })
  self.state = { kind: 'draining', open, next: 'between' }
  return AGAIN
}

/** Moved or removed by hand: Wazuh goes on writing to the same file until its next rotation, and so does reading. */
function stepNameless(self: Self, state: State & { kind: 'following' }): Step {
  const now = self.clock.monotonic()
  state.missingSince ??= now
  if (now - state.missingSince >= NAMELESS_MS) {
    self.context.events.nameless({ file: self.context.file, offset: state.open.end() })
    state.missingSince = Number.POSITIVE_INFINITY
  }
  return QUIET
}

function rewind(self: Self, open: OpenFile): Step {
  const { file, events } = self.context
  events.rotated('truncate', { file, offset: open.end() })
  open.rewind()
  return moved(self, { kind: 'at', position: open.at(0) })
}

async function stepDraining(self: Self, state: State & { kind: 'draining' }): Promise<Step> {
  const { file, events } = self.context
  const { open } = state
  let end: number | undefined
  try {
    const pieces = await open.read()
    if (pieces !== undefined) return parts(self, open, pieces)
  } catch (error) {
    // A bad sector in an old file must not keep the live one waiting: what follows it is given up, and said so.
    events.broken({ file, offset: open.end() }, error)
    end = Number.MAX_SAFE_INTEGER
  }
  const last = parts(self, open, open.finish())
  const left = open.left(end ?? open.end())
  await open.close()
  events.finished({ file, offset: open.end() })
  self.state = { kind: state.next }
  return { kind: 'parts', parts: [...last.parts, ...moved(self, { kind: 'left', left }).parts] }
}

async function stepBetween(self: Self): Promise<Step> {
  const { file, events } = self.context
  const { current, finished } = self.record
  const looked = await lookAt(file)
  const live = looked.kind === 'there' ? looked.identity : undefined
  const from = current?.dated ?? null
  const next = from === null ? undefined : await nextUnread({ path: file, from, live, finished })
  if (next !== undefined) return closingOnError(next.opened, () => drain(self, next))
  if (looked.kind === 'unreadable') events.unreadable(file, looked.error)
  if (live === undefined) return QUIET
  const result = await openPath(file)
  if (result.kind === 'unreadable') events.unreadable(file, result.error)
  if (result.kind !== 'open') return QUIET
  const { file: opened } = result
  if (!sameFile(opened, live)) {
    // Rotated again between the two looks: the file in between may be one of the unread ones now.
    await opened.handle.close()
    return AGAIN
  }
  return closingOnError(opened, async () => {
    const known = await finishedBefore(opened, finished)
    const offset = known !== undefined && known.offset <= opened.size ? known.offset : 0
    return follow(self, opened, offset, offset === 0 ? 'beginning' : 'checkpoint')
  })
}

interface PartsStep {
  readonly kind: 'parts'
  readonly parts: readonly Part[]
}

function parts(self: Self, open: OpenFile, pieces: readonly Piece[]): PartsStep {
  const all = pieces.map(({ alerts, position }): Part => {
    const update: Update = { kind: 'at', position: open.at(position) }
    self.record = applyUpdate(self.record, update)
    return { alerts, update }
  })
  return { kind: 'parts', parts: all }
}

function moved(self: Self, update: Update): PartsStep {
  self.record = applyUpdate(self.record, update)
  return { kind: 'parts', parts: [{ alerts: [], update }] }
}

function openOf(state: State): OpenFile | undefined {
  return state.kind === 'following' || state.kind === 'draining' ? state.open : undefined
}

async function closeOpen(state: State): Promise<void> {
  await openOf(state)?.close()
}
