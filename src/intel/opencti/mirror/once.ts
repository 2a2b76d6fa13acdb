import { setImmediate as otherWork } from 'node:timers/promises'
import { AppError } from '../../../core/errors.ts'
import { openCtiMirrorEvents } from '../../../telemetry/events/opencti-mirror.ts'
import { follow } from '../stream/follow.ts'
import { parseExtract } from './extract.ts'
import type { CopyNote } from './note.ts'
import { openCopy, type OpenCtiCopy } from './copy.ts'
import type { MirrorParts } from './mirror-sync.ts'
import { newestChange } from './poll.ts'
import { loads } from './loads.ts'
import type { LoadSchedule } from './schedule.ts'
import type { Step, StepParts } from './steps.ts'

export interface OnceProgress {
  /** STIX indicators read, and all to read. */
  readonly done: number
  readonly total: number
  /** Values in the copy now. */
  readonly indicators: number
}

export interface OnceSummary {
  /** STIX indicators in the copy, and the values they are found by. */
  readonly objects: number
  readonly indicators: number
  /** STIX indicators that the server gave. */
  readonly read: number
  /** Of these, how many match nothing, or not with all their parts. */
  readonly unmatchable: number
  /** Values left out because of `maxIndicators`. */
  readonly leftOut: number
}

/**
 * Loads everything into the copy on the disk, once. The daemon goes on from there: with the changes since the load began. Rejects with
 * what the client threw, or with STATE_UNWRITABLE; what was loaded until then is kept.
 */
export async function loadOnce(
  parts: Omit<MirrorParts, 'onNotice'>,
  onProgress: (progress: OnceProgress) => void,
  signal: AbortSignal,
): Promise<OnceSummary> {
  const copy = await openCopy(parts)
  const follows = parts.config.mirror.stream === undefined ? 'polling' : 'stream'
  try {
    await rememberAll(copy, signal)
    const sources = sourcesOf(parts, copy)
    const begin = await beginningOf(sources, signal)
    const read = await loadAllOnce(sources, onProgress, signal)
    copy.note.set(begin, true)
    const { content, snapshot } = copy
    const unmatchable = content.unmatchable.list().reduce((sum, { count }) => sum + count, 0)
    await copy.tell(follows, undefined)
    const { objects, leftOut } = content
    return { objects, indicators: snapshot.indicators, read, unmatchable, leftOut }
  } catch (error) {
    if (error instanceof AppError) await copy.tell(follows, error)
    throw error
  } finally {
    await copy.close()
  }
}

/** What lies where; a damaged part is loaded again. */
async function rememberAll({ snapshot, content }: OpenCtiCopy, signal: AbortSignal): Promise<void> {
  for (const unit of Array.from(snapshot.units.keys())) {
    await otherWork()
    signal.throwIfAborted()
    try {
      const extracts = [...snapshot.blocks(unit)].map(({ extract }) => parseExtract(extract))
      content.remember(
        unit,
        extracts.flatMap(({ owners }) => owners),
      )
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'PROVIDER_MALFORMED') throw error
      snapshot.change({ remove: [unit] })
    }
  }
}

/** One load, which is due at once. */
function sourcesOf(parts: Omit<MirrorParts, 'onNotice'>, copy: OpenCtiCopy): StepParts {
  const schedule: LoadSchedule = {
    due: () => Promise.resolve(),
    ask: () => undefined,
    based: Promise.resolve(),
    setBased: () => undefined,
    setStreaming: () => undefined,
    isStreaming: () => false,
    begin: () => () => false,
    since: undefined,
  }
  return {
    ...parts,
    copy,
    content: copy.content,
    dictionary: copy.dictionary,
    rows: copy.rows,
    schedule,
    events: openCtiMirrorEvents(parts.telemetry, parts.id),
    clock: parts.telemetry.clock,
    onAnswer: () => undefined,
    byHand: true,
  }
}

/** From where on changes are missing in what is loaded now. */
async function beginningOf(parts: StepParts, signal: AbortSignal): Promise<Partial<CopyNote>> {
  const { stream } = parts.config.mirror
  if (stream === undefined)
    return { polledUntil: (await newestChange(parts, signal)) ?? new Date(0).toISOString() }
  for await (const step of follow({ ...parts, stream, position: () => undefined }, signal)) {
    if (step.kind === 'failed') throw step.error
    if (step.kind === 'begins') return { position: step.position }
  }
  throw signal.reason
}

async function loadAllOnce(
  parts: StepParts,
  onProgress: (progress: OnceProgress) => void,
  signal: AbortSignal,
): Promise<number> {
  for await (const step of loads(parts, signal)) {
    if (step.kind === 'loaded') onProgress(progressOf(step, parts.copy))
    if (step.kind === 'load-ended') return step.read
    if (step.kind === 'load-failed') throw step.error
  }
  throw signal.reason
}

function progressOf(
  { done, total = done }: Extract<Step, { readonly kind: 'loaded' }>,
  { snapshot }: OpenCtiCopy,
): OnceProgress {
  return { done, total, indicators: snapshot.indicators }
}
