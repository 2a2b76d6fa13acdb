import type { Clock } from '../../../core/clock.ts'
import { toAppError } from '../../../core/errors.ts'
import { merged } from '../../../core/merged.ts'
import type { ChangeSet } from '../../../core/ports.ts'
import { openCtiMirrorEvents, type OpenCtiMirrorEvents } from '../../../telemetry/events/opencti-mirror.ts'
import type { HttpClient } from '../../http/client.ts'
import { createOffers, type Offers } from '../../mirror/offers.ts'
import { START_WAIT_MS, startInTime, type StartProgress } from '../../mirror/ready.ts'
import type { IndicatorNode } from '../client/schema.ts'
import { polled, streamed } from './changes.ts'
import type { Change } from './content.ts'
import { openCopy, type CopyState, type OpenCtiCopy, type OpenCtiMirrorOptions } from './copy.ts'
import { parseExtract, type CopyExtract } from './extract.ts'
import { loads } from './loads.ts'
import { rowOf } from './rows.ts'
import { createSchedule, type LoadSchedule } from './schedule.ts'
import type { Step, StepParts } from './steps.ts'
import { createTeller } from './teller.ts'

export interface OpenCtiMirror {
  changes(signal: AbortSignal): AsyncGenerator<ChangeSet>
  state(): CopyState
  close(): Promise<void>
}

export interface MirrorParts extends OpenCtiMirrorOptions {
  /** A client of its own: the stream must not take a connection from the look-ups. */
  readonly http: Pick<HttpClient, 'open' | 'server'>
}

/** Between two attempts to open the copy: somebody may free the disk. */
const OPEN_RETRY_MS = 5000
/** What grows old while nothing comes is told so often. */
const TICK_MS = 60_000

/**
 * The local copy of an OpenCTI: loaded from the disk at start, without the server; filled by GraphQL, then kept up to date by a
 * live stream, or by asking. The STIX indicators lie in units by their ids.
 */
export function createOpenCtiMirror(parts: MirrorParts): OpenCtiMirror {
  const closing = new AbortController()
  const events = openCtiMirrorEvents(parts.telemetry, parts.id)
  let copy: OpenCtiCopy | undefined
  const onOpen = (opened: OpenCtiCopy | undefined): void => {
    copy = opened
  }
  return {
    changes: (outer) => {
      const signal = AbortSignal.any([outer, closing.signal])
      return startInTime((progress) => run({ ...parts, ...progress, events, onOpen }, signal), {
        mode: parts.config.mode,
        clock: parts.telemetry.clock,
        signal,
        onOver: (waitedMs) => events.goingWithout(waitedMs),
      })
    },
    state: () => copy?.state() ?? 'empty',
    close: () => {
      closing.abort()
      return Promise.resolve()
    },
  }
}

interface Running extends MirrorParts, StartProgress {
  readonly events: OpenCtiMirrorEvents
  readonly onOpen: (copy: OpenCtiCopy | undefined) => void
}

async function* run(parts: Running, signal: AbortSignal): AsyncGenerator<ChangeSet> {
  const copy = await openWhenPossible(parts, signal)
  if (copy === undefined) return
  const ending = new AbortController()
  const inner = AbortSignal.any([signal, ending.signal])
  try {
    yield* followed({ ...parts, copy }, inner)
  } finally {
    ending.abort()
    parts.onOpen(undefined)
    await copy.close()
  }
}

async function openWhenPossible(parts: Running, signal: AbortSignal): Promise<OpenCtiCopy | undefined> {
  while (!signal.aborted) {
    try {
      return await openCopy(parts)
    } catch (error) {
      parts.events.snapshotFailed(toAppError(error))
      await parts.telemetry.clock.sleep(OPEN_RETRY_MS, signal)
    }
  }
  return undefined
}

interface Following extends Running {
  readonly copy: OpenCtiCopy
}

async function* followed(parts: Following, signal: AbortSignal): AsyncGenerator<ChangeSet> {
  const { copy, config, events } = parts
  const { clock } = parts.telemetry
  const schedule = createSchedule({ copy, config, clock })
  const offers = createOffers({
    snapshot: copy.snapshot,
    onDamaged: (unit) => {
      events.snapshotUnitsLost(copy.path, [unit])
      schedule.ask()
    },
  })
  yield* fromDisk(parts, offers, signal)
  // Not before: what is still to be loaded has to be asked online.
  parts.onOpen(copy)
  if (copy.note.get().complete) yield { kind: 'ready' }
  else events.waiting(START_WAIT_MS[config.mode])
  const sources: StepParts = {
    ...parts,
    clock,
    content: copy.content,
    dictionary: copy.dictionary,
    rows: copy.rows,
    schedule,
  }
  const { stream } = config.mirror
  const following = stream === undefined ? polled(sources, signal) : streamed(stream, sources, signal)
  const tell = createTeller({ ...parts, schedule })
  for await (const step of merged(following, loads(sources, signal), ticks(clock, signal))) {
    yield* applied(step, { ...parts, schedule, offers })
    await tell(step)
  }
}

async function* fromDisk(
  { copy, telemetry, events, onLoaded }: Following,
  offers: Offers,
  signal: AbortSignal,
): AsyncGenerator<ChangeSet> {
  const { clock } = telemetry
  const started = clock.monotonic()
  for (const unit of copy.snapshot.units.keys()) {
    if (signal.aborted) return
    const change = offers.of(unit, (extracts) => recall(unit, extracts.map(parseExtract), copy))
    if (change.kind === 'replace') yield change
    onLoaded()
  }
  events.snapshotLoaded(totalsOf(copy), Math.round(clock.monotonic() - started))
}

/** What lies where, and who is meant by references of the stream. */
function recall(
  unit: string,
  extracts: readonly CopyExtract[],
  { content, dictionary }: Pick<OpenCtiCopy, 'content' | 'dictionary'>,
): void {
  content.remember(
    unit,
    extracts.flatMap(({ owners }) => owners),
  )
  for (const { authors } of extracts) for (const author of authors) dictionary.learnAuthor(author)
}

interface Applying extends Following {
  readonly schedule: LoadSchedule
  readonly offers: Offers
}

/** What a step changes in the mirror. */
async function* applied(step: Step, parts: Applying): AsyncGenerator<ChangeSet> {
  const { copy, offers, events } = parts
  if (step.kind === 'loaded') {
    for (const unit of step.changed) yield await Promise.resolve(offers.of(unit))
  } else if (step.kind === 'objects') {
    for (const unit of changeObjects(step.objects, parts)) yield offers.of(unit)
  } else if (step.kind === 'load-ended') {
    for (const unit of offers.open()) yield offers.of(unit)
    events.loadFinished({ read: step.read, ms: step.ms }, totalsOf(copy))
    yield { kind: 'ready' }
  } else if (step.kind === 'load-failed') events.loadFailed(step.error, step.retryInMs)
}

/** Units that are different now. A disk that is full does not end the following: a load repairs what is missed. */
function changeObjects(
  objects: ReadonlyMap<string, IndicatorNode | undefined>,
  { copy, config, schedule, events }: Applying,
): readonly string[] {
  const changes = new Map<string, Change>()
  for (const [id, node] of objects) {
    schedule.since?.add(id)
    const isKept = node !== undefined && isStix(node) && (config.mirror.revoked || node.revoked !== true)
    changes.set(id, isKept ? { kind: 'put', row: rowOf(node, copy.rows) } : { kind: 'remove', id })
  }
  try {
    const before = copy.content.leftOut
    const units = copy.content.apply(changes)
    const lost = copy.content.leftOut - before
    if (lost > 0) {
      copy.note.set({ leftOut: copy.note.get().leftOut + lost })
      events.cut(lost, config.mirror.maxIndicators)
    }
    events.changed(changes.size, totalsOf(copy))
    return units
  } catch (error) {
    events.snapshotFailed(toAppError(error))
    schedule.ask()
    return []
  }
}

function isStix({ pattern_type: type }: IndicatorNode): boolean {
  return (type ?? 'stix').toLowerCase() === 'stix'
}

function totalsOf({ content, snapshot }: OpenCtiCopy): { objects: number; indicators: number } {
  return { objects: content.objects, indicators: snapshot.indicators }
}

async function* ticks(clock: Clock, signal: AbortSignal): AsyncGenerator<Step> {
  while (!signal.aborted) {
    await clock.sleep(TICK_MS, signal)
    yield { kind: 'tick' }
  }
}
