import type { Clock } from '../../core/clock.ts'
import { datedKeyOf, lookAtLive, type LiveLook } from './find-file.ts'
import { stepBetween } from './follow-between.ts'
import { leave, stepDraining } from './follow-drain.ts'
import { stepWaiting } from './follow-start.ts'
import { AGAIN, QUIET, between, park, parts, rewind } from './follow-state.ts'
import type { Following, Self, State, Step } from './follow-state.ts'
import { failsForLong } from './give-up.ts'
import type { OpenFile, ReadContext } from './open-file.ts'
import { unreadable } from './open-path.ts'
import { sameFile } from './record.ts'
import type { FileRecord, Position } from './schema.ts'
import { GIVEN_UP, hasGrown } from './unread.ts'

/** Rotation leaves the path without a file for 50 to 90 µs (Wazuh 4.14.7); this long is somebody's doing. */
const NAMELESS_MS = 10_000
/** How often files read before are looked at for more: what nobody but a person or a wrong zone writes to them. */
const SWEEP_MS = 10_000
/** As above while the path shows a file that is not Wazuh's: then Wazuh does write to the one read before. */
const FOREIGN_SWEEP_MS = 1000
/** Outside Wazuh's folders: writers that are told of a rename need a moment to go over to the new file. */
const LINGER_MS = 5000

export interface FollowOptions {
  readonly context: ReadContext
  readonly clock: Clock
  readonly record: FileRecord
  readonly resume: Position | null
  readonly startAt: 'beginning' | 'end'
  /** Days of dated files to read first, the newest one counted; only where nothing was read before. */
  readonly backfillDays: number
}

/** Follows one path through everything Wazuh and its users do to it. One call of `step` at a time. */
export interface Follower {
  step(): Promise<Step>
  /** Offset after the last line read, and the bytes there and not read. */
  progress(): Promise<{ readonly position: number; readonly lagBytes: number }>
  close(): Promise<void>
}

export function createFollower(options: FollowOptions): Follower {
  const { context, clock, record, resume, startAt, backfillDays } = options
  const self: Self = {
    context,
    place: { file: context.file, access: context.access },
    clock,
    record,
    state: { kind: 'waiting', resume, startAt, backfillDays, told: false },
    packed: new Set(),
    failing: undefined,
  }
  return {
    step: async () => {
      try {
        return await advance(self)
      } catch (error) {
        context.events.unreadable(context.file, unreadable(error))
        return recover(self, error)
      }
    },
    progress: async () => {
      const open = openOf(self.state)
      if (open === undefined) return { position: self.record.current?.offset ?? 0, lagBytes: 0 }
      return { position: open.position(), lagBytes: await open.lag().catch(() => 0) }
    },
    close: async () => openOf(self.state)?.close(),
  }
}

function advance(self: Self): Promise<Step> {
  const { state } = self
  if (state.kind === 'waiting') return stepWaiting(self, state)
  if (state.kind === 'following') return stepFollowing(self, state)
  if (state.kind === 'draining') return stepDraining(self, state)
  if (state.kind === 'between') return stepBetween(self, state)
  return Promise.resolve(state satisfies { kind: 'finished' })
}

/** Opens anew at the next poll: a handle that went bad (ESTALE, EIO of a network file system) stays bad. */
async function recover(self: Self, error: unknown): Promise<Step> {
  const { state, record, context } = self
  if (state.kind === 'draining') {
    const offset = state.open.position()
    if (failsForLong(self, `${state.open.ino} ${offset}`)) {
      context.events.broken({ file: context.file, offset, dated: state.open.dated }, error)
      return leave(self, state, GIVEN_UP)
    }
  }
  await openOf(state)?.close()
  if (state.kind === 'waiting') return QUIET
  if (state.kind === 'between') {
    state.plan = undefined
    return QUIET
  }
  self.state = { kind: 'waiting', resume: record.current, startAt: 'beginning', backfillDays: 0, told: false }
  return QUIET
}

async function stepFollowing(self: Self, state: Following): Promise<Step> {
  const { open } = state
  if (state.quiet && !(await open.unchanged())) return rewind(self, open)
  const pieces = await open.read()
  state.quiet = pieces === undefined
  if (pieces !== undefined) return parts(self, open, pieces)
  const { file, events } = self.context
  const looked = await lookAtLive(self.place)
  if (looked.kind === 'unreadable' || looked.kind === 'no file') {
    events.unreadable(file, looked.error)
    state.isHidden = true
    return QUIET
  }
  const shown = looked.kind === 'there' && looked.instead === undefined
  if (shown) tellShown(self, state)
  else tellNameless(self, state)
  if (looked.kind === 'missing') return QUIET
  if (sameFile(looked.identity, open))
    return looked.size < open.end() ? rewind(self, open) : sweep(self, state)
  // Without its link the file that is open may have lost its dated name, too: Wazuh goes on writing to it all the same.
  const older = looked.instead !== undefined && (open.dated === null || looked.instead < open.dated)
  return older ? QUIET : swap(self, open, looked)
}

/** Moved or removed by hand: Wazuh goes on writing to the same file until its next rotation, and so does reading. */
function tellNameless({ clock, context }: Self, state: Following): void {
  const now = clock.monotonic()
  state.missingSince ??= now
  if (now - state.missingSince < NAMELESS_MS) return
  const place = { file: context.file, offset: state.open.end() }
  if (state.instead) context.events.instead({ ...place, dated: state.open.dated })
  else context.events.nameless(place)
  state.missingSince = Number.POSITIVE_INFINITY
  state.isHidden = true
}

function tellShown({ context }: Self, state: Following): void {
  if (state.isHidden) context.events.shown(context.file)
  state.isHidden = false
  state.missingSince = undefined
}

/**
 * Wazuh closes the old file before it changes the path, so one more read to the end gives all of it. Not so when somebody
 * put another file there: then Wazuh goes on writing to its dated file, which `sweep` looks after.
 */
async function swap(self: Self, open: OpenFile, looked: LiveLook & { kind: 'there' }): Promise<Step> {
  self.context.events.rotated('swap', { file: self.context.file, offset: open.end() })
  const byWazuh = looked.instead !== undefined || (await datedKeyOf(self.place, looked.identity)) !== null
  const foreign = !byWazuh && open.dated === null
  self.state = {
    kind: 'draining',
    open,
    next: between(open.dated),
    final: byWazuh || foreign,
    until: foreign ? self.clock.monotonic() + LINGER_MS : 0,
    cut: undefined,
  }
  return AGAIN
}

/** Back to a file that was read before, when it has grown: this one is gone on with afterwards. */
async function sweep(self: Self, state: Following): Promise<Step> {
  const { open } = state
  const now = self.clock.monotonic()
  const wait = state.foreign ? FOREIGN_SWEEP_MS : SWEEP_MS
  if (now - state.sweptAt < wait || open.dated === null) return QUIET
  state.sweptAt = now
  const { finished, forgotten } = self.record
  const search = { place: self.place, from: open.dated, finished, forgotten, live: open }
  if (!(await hasGrown(search, self.packed).catch(() => false))) return QUIET
  self.state = between(open.dated)
  return park(self, open)
}

function openOf(state: State): OpenFile | undefined {
  return state.kind === 'following' || state.kind === 'draining' ? state.open : undefined
}
