import type { Indicator } from '../../core/indicator.ts'
import { OBSERVABLE_TYPES } from '../../core/observable.ts'
import type { ChangeSet, IntelProvider } from '../../core/ports.ts'
import { feedEvents, type FeedEvents, type FeedOutcome } from '../../telemetry/events/feed.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { feedError, type FileIdentity } from './bytes.ts'
import type { FeedConfig } from './config.ts'
import { loadFile } from './load.ts'
import { createScanner, type FeedFile, type FeedScan } from './scan.ts'
import { createTally, outcomeOf } from './tally.ts'

export interface FeedProviderOptions {
  readonly id: string
  readonly config: FeedConfig
  readonly telemetry: Telemetry
}

/**
 * Indicators from files. Every file is a unit, replaced as a whole when it changes and removed when it is gone for two
 * checks in a row; a file that cannot be read or understood leaves what it gave before untouched.
 */
export function createFeedProvider({ id, config, telemetry }: FeedProviderOptions): IntelProvider {
  const closing = new AbortController()
  const events = feedEvents(telemetry, id)
  return {
    id,
    types: new Set(OBSERVABLE_TYPES),
    changes: (signal) => follow({ id, config, telemetry, events }, AbortSignal.any([signal, closing.signal])),
    close: () => {
      closing.abort()
      return Promise.resolve()
    },
  }
}

interface Follower extends FeedProviderOptions {
  readonly events: FeedEvents
}

interface UnitState {
  /** The configured path it comes from: itself, or its folder. */
  readonly root: string
  identity: FileIdentity
  /**
   * `due` until it was loaded to the end, so that a load that failed for a passing reason, or that the mirror gave up,
   * is offered again; `done` when it was loaded, or when the same bytes would only fail again.
   */
  load: 'due' | 'done'
  /** Whether it was absent at the last check. */
  absent: boolean
  loaded: number
}

type Units = Map<string, UnitState>

async function* follow(follower: Follower, signal: AbortSignal): AsyncGenerator<ChangeSet> {
  const { config, telemetry, events } = follower
  const units: Units = new Map()
  const scanner = createScanner(config.feeds, config.maxFileBytes)
  const tellProblems = problemTeller(events, units)
  const started = telemetry.clock.monotonic()
  // The second round takes what changed while the first was at work, so that 'ready' means what it says.
  for (const round of ['all', 'changed'] as const) {
    const scan = await scanner()
    tellProblems(scan)
    yield* offers(follower, { scan, units, round, signal })
  }
  if (signal.aborted) return
  const loaded = [...units.values()].reduce((sum, unit) => sum + unit.loaded, 0)
  events.ready({ files: units.size, loaded, ms: elapsedMs(telemetry, started) })
  yield { kind: 'ready' }
  while (!signal.aborted) {
    await telemetry.clock.sleep(config.checkInterval, signal)
    if (signal.aborted) return
    const scan = await scanner()
    tellProblems(scan)
    yield* offers(follower, { scan, units, round: 'all', signal })
    yield* removals(follower, scan, units)
  }
}

interface Round {
  readonly scan: FeedScan
  readonly units: Units
  /** `all` offers what is due, too; `changed` only files that are not what was offered last. */
  readonly round: 'all' | 'changed'
  readonly signal: AbortSignal
}

function* offers(follower: Follower, { scan, units, round, signal }: Round): Generator<ChangeSet> {
  for (const file of scan.files.values()) {
    if (signal.aborted) return
    const known = units.get(file.path)
    const changed = known?.identity !== file.identity
    if (known !== undefined) known.absent = false
    if (!changed && (round === 'changed' || known.load === 'done')) continue
    const state: UnitState = known ?? newUnit(file)
    state.identity = file.identity
    state.load = 'due'
    units.set(file.path, state)
    yield { kind: 'replace', unit: file.path, load: (stop) => loadUnit(follower, file, state, stop) }
  }
}

/** A file that is replaced by «remove, then write» is absent for a moment: it goes when it is absent twice. */
function* removals({ events }: Follower, scan: FeedScan, units: Units): Generator<ChangeSet> {
  for (const [path, state] of units) {
    if (scan.files.has(path) || isUncertain(path, state, scan)) continue
    if (!state.absent) {
      state.absent = true
      events.vanished(path)
      continue
    }
    units.delete(path)
    events.removed(path)
    yield { kind: 'remove', unit: path }
  }
}

function newUnit({ entry }: FeedFile): UnitState {
  return { root: entry.path, identity: '', load: 'due', absent: false, loaded: 0 }
}

/** A folder that cannot be listed (an unmounted disk) says nothing about its files. */
function isUncertain(path: string, { root }: UnitState, { problems }: FeedScan): boolean {
  const own = problems.get(path)
  return own === undefined ? problems.has(root) : !own.gone
}

async function* loadUnit(
  { id, config, telemetry, events }: Follower,
  file: FeedFile,
  state: UnitState,
  signal: AbortSignal,
): AsyncGenerator<readonly Indicator[]> {
  const started = telemetry.clock.monotonic()
  const tally = createTally()
  const { path, entry, inMispFeed } = file
  const outcome = (): FeedOutcome => outcomeOf(tally, path, elapsedMs(telemetry, started))
  try {
    yield* loadFile({ provider: id, path, entry, maxBytes: config.maxFileBytes, tally }, signal)
  } catch (error) {
    if (signal.aborted) throw error
    const known = feedError(error)
    if (known.retryability === 'permanent') state.load = 'done'
    events.failed(path, known, outcome())
    throw known
  }
  state.load = 'done'
  state.loaded = tally.report().loaded
  events.loaded(path, outcome(), inMispFeed)
}

/** Tells a path's problem when it begins or changes. A file that vanished while in use is told by `removals`. */
function problemTeller(events: FeedEvents, units: Units): (scan: FeedScan) => void {
  let told: ReadonlyMap<string, string> = new Map()
  return ({ problems }) => {
    const now = new Map<string, string>()
    for (const [path, { error, gone }] of problems) {
      if (gone && units.has(path)) continue
      now.set(path, error.message)
      if (told.get(path) !== error.message) events.unusable(path, error)
    }
    told = now
  }
}

function elapsedMs({ clock }: Telemetry, started: number): number {
  return Math.round(clock.monotonic() - started)
}
