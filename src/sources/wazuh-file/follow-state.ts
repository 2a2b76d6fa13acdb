import type { Clock } from '../../core/clock.ts'
import type { Piece } from '../collect.ts'
import type { DatedFile } from './dated-files.ts'
import { datedKeyOf, type Found, type Place } from './find-file.ts'
import { openFile, type OpenFile, type OpenOptions, type ReadContext } from './open-file.ts'
import type { Identity, OpenHandle } from './open-path.ts'
import { applyUpdate, type Update } from './record.ts'
import type { FileRecord, Position } from './schema.ts'

/** Alerts, or lines not decoded yet, and the step that is done once they are acknowledged. */
export interface Part extends Omit<Piece, 'position'> {
  readonly update: Update
}

export interface PartsStep {
  readonly kind: 'parts'
  readonly parts: readonly Part[]
}

/** `parts`, possibly none: go on at once. `quiet`: nothing to do before the next poll. `finished`: never again. */
export type Step = PartsStep | { readonly kind: 'quiet' } | { readonly kind: 'finished' }

export const QUIET: Step = { kind: 'quiet' }
export const AGAIN: Step = { kind: 'parts', parts: [] }

/** Nothing is open. `resume` is where the last run, or the run before a read error, stood. */
export interface Waiting {
  readonly kind: 'waiting'
  readonly resume: Position | null
  readonly startAt: 'beginning' | 'end'
  /** Days of dated files to begin with; 0 for none. */
  readonly backfillDays: number
  readonly told: boolean
}

/** Reading what is written to. `quiet`: the end was reached with the last step. */
export interface Following {
  readonly kind: 'following'
  readonly open: OpenFile
  /** The path showed nothing: this is the newest dated file instead. */
  readonly instead: boolean
  /** It is none of Wazuh's files, which lie beside: somebody put it in the link's place. */
  readonly foreign: boolean
  quiet: boolean
  missingSince: number | undefined
  /** It was told that the path shows nothing, or cannot be looked at. */
  isHidden: boolean
  /** When files read before were looked at for more. */
  sweptAt: number
}

/** Reading a file that is not the live one, to its end; then on with `next`. */
export interface Draining {
  readonly kind: 'draining'
  readonly open: OpenFile
  readonly next: Between | 'finished'
  readonly final: boolean
  /** Its writer may need until then to notice that it was renamed. */
  readonly until: number
  /** A packed file that ends too early may still be written: since when it has this size. */
  cut: { readonly since: number; readonly size: number } | undefined
}

/** One file is done, the next one is not open yet. */
export interface Between {
  readonly kind: 'between'
  /** Key of the dated file read last; null outside Wazuh's folders. */
  from: string | null
  /** The file of the checkpoint was not found: outside Wazuh's folders any file beside the path may come after it. */
  readonly gone: boolean
  /** Dated files still to be looked at; undefined: to be listed. */
  plan: DatedFile[] | undefined
  /** What was live when they were listed. */
  live: Identity | undefined
  /** Highest key in the listing. */
  newest: string
  /** Highest key of a file that was looked at; empty before the first one. */
  looked: string
  /** One of them was read since they were listed: more may have come. */
  relist: boolean
  /** Paths that were listed and not there. */
  readonly vanished: Set<string>
  told: boolean
}

export type State = Waiting | Following | Draining | Between | { readonly kind: 'finished' }

export interface Self {
  readonly context: ReadContext
  readonly place: Place
  readonly clock: Clock
  state: State
  /** As the checkpoint will be when all that was read is acknowledged. */
  record: FileRecord
  /** Packed files that were looked at and hold nothing unread. */
  readonly packed: Set<string>
  /** A file that is not the live one and cannot be read: which, or where in it, and since when. */
  failing: { readonly what: string; readonly since: number } | undefined
}

export function between(from: string | null, gone = false): Between {
  return {
    kind: 'between',
    from,
    gone,
    plan: undefined,
    live: undefined,
    newest: '',
    looked: '',
    relist: false,
    vanished: new Set(),
    told: false,
  }
}

export type StartedFrom = 'beginning' | 'end' | 'checkpoint'

export interface LiveFile {
  readonly opened: OpenHandle
  /** Set when it stands for a link that is gone. */
  readonly instead?: string
}

export async function follow(
  self: Self,
  live: LiveFile,
  offset: number,
  from: StartedFrom,
): Promise<PartsStep> {
  const { opened, instead } = live
  const known = instead ?? (await datedKeyOf(self.place, opened))
  const dated = known ?? self.record.current?.dated ?? null
  const open = await begin(self, { opened, offset, gzip: false, dated }, from)
  self.state = {
    kind: 'following',
    open,
    instead: instead !== undefined,
    foreign: known === null && dated !== null,
    quiet: false,
    missingSince: undefined,
    isHidden: false,
    sweptAt: self.clock.monotonic(),
  }
  return moved(self, { kind: 'at', position: open.at(offset) })
}

export async function drain(self: Self, found: Found, next: Between | 'finished'): Promise<Step> {
  const open = await begin(self, found, found.offset === 0 ? 'beginning' : 'checkpoint')
  self.state = { kind: 'draining', open, next, final: found.final, until: 0, cut: undefined }
  return moved(self, { kind: 'at', position: open.at(found.offset) })
}

async function begin(self: Self, options: OpenOptions, from: StartedFrom): Promise<OpenFile> {
  const open = await openFile(options, self.context)
  const { file, events } = self.context
  events.started({ file, offset: options.offset, dated: options.dated }, from)
  return open
}

/** Closes what could not be used. */
export async function closingOnError<T>(
  opened: OpenHandle,
  use: (opened: OpenHandle) => Promise<T>,
): Promise<T> {
  try {
    return await use(opened)
  } catch (error) {
    await opened.handle.close().catch(() => undefined)
    throw error
  }
}

/** Back to the beginning of a file that was emptied. */
export function rewind(self: Self, open: OpenFile): Step {
  const { file, events } = self.context
  events.rotated('truncate', { file, offset: open.end() })
  const bytes = open.unread()
  if (bytes > 0) events.cut({ file, offset: open.end() }, bytes)
  open.rewind()
  return moved(self, { kind: 'at', position: open.at(0) })
}

/** Leaves a file that may get more: what stands after its last newline is read when it is whole. */
export async function park(self: Self, open: OpenFile): Promise<PartsStep> {
  const left = open.left(open.end())
  await open.close()
  return moved(self, { kind: 'left', left })
}

export function parts(self: Self, open: OpenFile, pieces: readonly Piece[]): PartsStep {
  const all = pieces.map(({ position, ...piece }): Part => {
    const update: Update = { kind: 'at', position: open.at(position) }
    self.record = applyUpdate(self.record, update)
    return { ...piece, update }
  })
  return { kind: 'parts', parts: all }
}

export function moved(self: Self, update: Update): PartsStep {
  self.record = applyUpdate(self.record, update)
  return { kind: 'parts', parts: [{ alerts: [], update }] }
}
