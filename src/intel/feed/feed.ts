import { OBSERVABLE_TYPES } from '../../core/observable.ts'
import type { ChangeSet, IntelProvider } from '../../core/ports.ts'
import { feedEvents, type FeedEvents } from '../../telemetry/events/feed.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { FeedConfig } from './config.ts'
import { readFeedFile, type FileEnd } from './reading.ts'
import { createScanner, isByChance, type FeedFile, type FeedScan, type FeedScanner } from './scan.ts'
import { isInUse, missingFeeds, newUnit, type Units, type UnitState } from './units.ts'

export interface FeedProviderOptions {
  readonly id: string
  readonly config: FeedConfig
  readonly telemetry: Telemetry
}

/**
 * Indicators from files. Every file is a unit, replaced as a whole when it changes and removed when it is gone for two
 * checks in a row; a file that cannot be read or understood leaves what it gave before untouched. 'ready' comes when
 * every configured feed has given what it has, or when `startWait` has passed.
 */
export function createFeedProvider(options: FeedProviderOptions): IntelProvider {
  const { id, config, telemetry } = options
  const closing = new AbortController()
  const events = feedEvents(telemetry, id)
  return {
    id,
    types: new Set(OBSERVABLE_TYPES),
    changes: (signal) => {
      const scanner = createScanner(config.feeds, config.maxFileBytes)
      const units: Units = new Map()
      const tellProblems = problemTeller(events, units)
      const both = AbortSignal.any([signal, closing.signal])
      return follow({ ...options, events, scanner, units, tellProblems, signal: both })
    },
    close: () => {
      closing.abort()
      return Promise.resolve()
    },
  }
}

interface Follower extends FeedProviderOptions {
  readonly events: FeedEvents
  readonly scanner: FeedScanner
  readonly units: Units
  readonly tellProblems: (scan: FeedScan) => void
  readonly signal: AbortSignal
}

async function* follow(follower: Follower): AsyncGenerator<ChangeSet> {
  const { config, telemetry, events, units, signal } = follower
  const started = telemetry.clock.monotonic()
  yield* offers(follower, await look(follower), 'all')
  // The second round takes what changed while the first was at work, so that 'ready' means what it says.
  const scan = await look(follower)
  yield* offers(follower, scan, 'changed')
  yield* waitForMissing(follower, scan)
  if (signal.aborted) return
  const loaded = [...units.values()].reduce((sum, unit) => sum + unit.loaded, 0)
  events.ready({ files: units.size, loaded, ms: elapsedMs(telemetry, started) })
  yield { kind: 'ready' }
  while (!signal.aborted) {
    await telemetry.clock.sleep(config.checkInterval, signal)
    yield* check(follower)
  }
}

/** How often a feed that is missing at start is looked for: its alerts wait. */
const START_CHECK_MS = 1000

/** An alert that is read while a feed is missing is never looked at again: better to read it later. */
async function* waitForMissing(follower: Follower, first: FeedScan): AsyncGenerator<ChangeSet> {
  const { config, telemetry, events, units, signal } = follower
  const began = telemetry.clock.monotonic()
  for (let scan = first; !signal.aborted;) {
    const missing = missingFeeds(config.feeds, scan, units)
    if (missing.length === 0) return
    const waitedMs = elapsedMs(telemetry, began)
    const leftMs = config.startWait - waitedMs
    if (leftMs <= 0) {
      events.goingWithout(missing, waitedMs)
      return
    }
    events.waiting(missing, leftMs)
    await telemetry.clock.sleep(Math.min(config.checkInterval, START_CHECK_MS, leftMs), signal)
    scan = yield* check(follower)
  }
}

async function* check(follower: Follower): AsyncGenerator<ChangeSet, FeedScan> {
  const scan = await look(follower)
  yield* offers(follower, scan, 'all')
  yield* removals(follower, scan)
  return scan
}

async function look({ scanner, tellProblems }: Follower): Promise<FeedScan> {
  const scan = await scanner()
  tellProblems(scan)
  return scan
}

/** `all` offers what is due, too; `changed` only files that are not what was offered last. */
function* offers(follower: Follower, scan: FeedScan, round: 'all' | 'changed'): Generator<ChangeSet> {
  const { units, signal } = follower
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
    yield offer(follower, file, state)
  }
}

/** The mirror asks for the end of a unit only when it has stored all of it: what is told here as loaded is in use. */
function offer({ id, config, telemetry, events }: Follower, file: FeedFile, state: UnitState): ChangeSet {
  const { path, inMispFeed } = file
  const onEnd = (end: FileEnd): void => {
    if (end.kind === 'failed') {
      if (end.error.retryability === 'permanent') state.load = 'done'
      state.problem = end.error.message
      events.failed(path, { ...end, kept: state.holds === 'feed' })
      return
    }
    state.load = 'done'
    state.loaded = end.outcome.loaded
    state.holds = end.kind === 'loaded' ? 'feed' : 'other'
    if (end.kind === 'loaded') events.loaded(path, end.outcome, inMispFeed)
    else events.leftOut(path, end.outcome)
  }
  return {
    kind: 'replace',
    unit: path,
    load: (stop) => {
      // What gave indicators before is a feed that broke.
      const mayLeaveOut = isByChance(file) && state.holds !== 'feed'
      const { clock } = telemetry
      return readFeedFile(
        file,
        { provider: id, maxBytes: config.maxFileBytes, clock, mayLeaveOut, onEnd },
        stop,
      )
    },
  }
}

/** A file that is replaced by «remove, then write» is absent for a moment: it goes when it is absent twice. */
function* removals({ events, units, signal }: Follower, scan: FeedScan): Generator<ChangeSet> {
  for (const [path, state] of units) {
    if (signal.aborted) return
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

/** A folder that cannot be listed (an unmounted disk) says nothing about its files. */
function isUncertain(path: string, { root }: UnitState, { problems }: FeedScan): boolean {
  const own = problems.get(path)
  return own === undefined ? problems.has(root) : !own.gone
}

/** Tells a path's problem when it begins or changes. A file that vanished while in use is told by `removals`. */
function problemTeller(events: FeedEvents, units: Units): (scan: FeedScan) => void {
  let told: ReadonlyMap<string, string> = new Map()
  return ({ problems, emptyFolders }) => {
    const now = new Map<string, string>()
    for (const [path, { error, gone }] of problems) {
      if (gone && units.has(path)) continue
      now.set(path, error.message)
      if (told.get(path) !== error.message) events.unusable(path, error, isInUse(path, units))
    }
    for (const path of emptyFolders) {
      now.set(path, '')
      if (told.get(path) !== '') events.emptyFolder(path)
    }
    told = now
    events.looked(problems.size)
  }
}

function elapsedMs({ clock }: Telemetry, started: number): number {
  return Math.round(clock.monotonic() - started)
}
