import { toAppError, type AppError, type ErrorCode } from '../../../core/errors.ts'
import type { ChangeSet } from '../../../core/ports.ts'
import { mispMirrorEvents, type MispMirrorEvents } from '../../../telemetry/events/misp-mirror.ts'
import { createOffers, type Offers } from '../../mirror/offers.ts'
import { START_WAIT_MS, startInTime, type StartProgress } from '../../mirror/ready.ts'
import type { MispMirror } from '../api.ts'
import type { MispConfig } from '../config.ts'
import { openCopy, type MispCopy, type MispMirrorOptions } from './copy.ts'

/** After a round that failed: this, doubled with each further one up to the interval. */
const FIRST_RETRY_MS = 5000

/**
 * The local copy of a MISP: loaded from the disk at start, without the server, and then followed. Every event of the
 * MISP is a unit by its UUID.
 */
export function createMispMirror(options: MispMirrorOptions): MispMirror {
  const closing = new AbortController()
  const events = mispMirrorEvents(options.telemetry, options.id)
  let copy: MispCopy | undefined
  const parts = {
    ...options,
    events,
    onOpen: (opened: MispCopy | undefined) => {
      copy = opened
    },
  }
  return {
    changes: (signal) => start(parts, AbortSignal.any([signal, closing.signal])),
    state: () => copy?.state() ?? 'empty',
    close: () => {
      closing.abort()
      return Promise.resolve()
    },
  }
}

interface Parts extends MispMirrorOptions {
  readonly events: MispMirrorEvents
  readonly onOpen: (copy: MispCopy | undefined) => void
}

type Starting = Parts & StartProgress

interface Following extends Parts, StartProgress {
  readonly copy: MispCopy
  readonly signal: AbortSignal
  readonly offers: Offers
}

function start(parts: Parts, signal: AbortSignal): AsyncGenerator<ChangeSet> {
  const { config, telemetry, events } = parts
  return startInTime((progress) => follow({ ...parts, ...progress }, signal), {
    mode: config.mode,
    clock: telemetry.clock,
    signal,
    onOver: (waitedMs) => events.goingWithout(waitedMs),
  })
}

async function* follow(parts: Starting, signal: AbortSignal): AsyncGenerator<ChangeSet> {
  const copy = await openWhenPossible(parts, signal)
  if (copy === undefined) return
  const offers = createOffers({
    snapshot: copy.snapshot,
    onDamaged: (unit) => {
      parts.events.snapshotUnitsLost(copy.path, [unit])
      copy.distrust()
    },
  })
  const following = { ...parts, copy, signal, offers }
  try {
    yield* loadAll(following)
    // Not before: what is still to be loaded has to be asked online.
    parts.onOpen(copy)
    if (copy.note().complete) yield { kind: 'ready' }
    else parts.events.waiting(START_WAIT_MS[parts.config.mode])
    yield* rounds(following)
  } finally {
    parts.onOpen(undefined)
    await copy.close()
  }
}

/** A full disk, or missing rights: somebody may help. */
async function openWhenPossible(parts: Starting, signal: AbortSignal): Promise<MispCopy | undefined> {
  while (!signal.aborted) {
    try {
      return await openCopy(parts, parts.onAnswer)
    } catch (error) {
      parts.events.snapshotFailed(toAppError(error))
      await parts.telemetry.clock.sleep(FIRST_RETRY_MS, signal)
    }
  }
  return undefined
}

async function* loadAll(following: Following): AsyncGenerator<ChangeSet> {
  const { copy, telemetry, events, offers, onLoaded, signal } = following
  const { clock } = telemetry
  const { snapshot } = copy
  const started = clock.monotonic()
  for (const [unit, { indicators }] of snapshot.units) {
    if (signal.aborted) return
    if (indicators > 0) yield offers.of(unit)
    onLoaded()
  }
  const totals = { events: snapshot.units.size, indicators: snapshot.indicators }
  events.snapshotLoaded(totals, Math.round(clock.monotonic() - started))
}

async function* rounds(following: Following): AsyncGenerator<ChangeSet> {
  const { config, telemetry, signal } = following
  const tellAge = ageTeller(following)
  let failures = 0
  while (!signal.aborted) {
    const error = yield* oneRound(following, failures)
    if (signal.aborted) return
    failures = error === undefined ? 0 : failures + 1
    yield* offerAgain(following)
    if (failures === 0) yield { kind: 'ready' }
    tellAge(error)
    await telemetry.clock.sleep(failures === 0 ? config.mirror.interval : retryMs(config, failures), signal)
  }
}

/** Gives why it failed. */
async function* oneRound(
  following: Following,
  failures: number,
): AsyncGenerator<ChangeSet, AppError | undefined> {
  const { copy, config, events, offers, signal } = following
  const kind = copy.due()
  try {
    for await (const { replaced, removed } of copy.round(kind, signal)) {
      for (const unit of removed) yield offers.removal(unit)
      for (const unit of replaced) yield offers.of(unit)
    }
    return undefined
  } catch (failure) {
    const error = toAppError(failure)
    if (!signal.aborted) events.syncFailed(kind, error, retryMs(config, failures + 1))
    return error
  }
}

/** Tells the age after each round, when the copy becomes stale, and those who watch Wazuh when it is of little use. */
function ageTeller(following: Following): (error: AppError | undefined) => void {
  const { id, copy, config, telemetry, events } = following
  let wasStale = false
  let told: ErrorCode | undefined
  return (error) => {
    const age = copy.ageMs()
    if (age !== undefined) events.age(age)
    const isStale = copy.state() === 'stale'
    if (isStale && !wasStale) events.stale(Math.round(age ?? 0))
    wasStale = isStale
    const isFailing = error !== undefined && (isStale || !copy.note().complete)
    // In `hybrid` the look-ups tell.
    if (config.mode !== 'mirror' || isFailing === (told !== undefined)) return
    following.onNotice?.({
      provider: id,
      kind: isFailing ? 'failing' : 'recovered',
      code: error?.code ?? told ?? 'INTERNAL',
      message: error?.message ?? 'The local copy of the provider is up to date again.',
      at: telemetry.clock.now(),
    })
    told = isFailing ? error.code : undefined
  }
}

async function* offerAgain({ offers, signal }: Following): AsyncGenerator<ChangeSet> {
  for (const unit of offers.open()) {
    if (signal.aborted) return
    yield await Promise.resolve(offers.of(unit))
  }
}

function retryMs(config: MispConfig, failures: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), config.mirror.interval)
}
