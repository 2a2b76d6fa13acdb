import { toAppError, type AppError, type ErrorCode } from '../../../core/errors.ts'
import type { OpenCtiMirrorEvents } from '../../../telemetry/events/opencti-mirror.ts'
import type { OpenCtiCopy, OpenCtiMirrorOptions } from './copy.ts'
import type { LoadSchedule } from './schedule.ts'
import type { Step } from './steps.ts'

export interface TellerOptions extends OpenCtiMirrorOptions {
  readonly copy: OpenCtiCopy
  readonly schedule: Pick<LoadSchedule, 'isStreaming'>
  readonly events: OpenCtiMirrorEvents
}

/** How often the note and the state are written while changes come. */
const TELL_EVERY_MS = 5000

/**
 * Writes where the copy stands, now and then, and tells those who watch Wazuh when it is of little use. To be called after each
 * step; never rejects.
 */
export function createTeller(options: TellerOptions): (step: Step) => Promise<void> {
  const { copy, config, telemetry, schedule, events } = options
  const { clock } = telemetry
  const hasStream = config.mirror.stream !== undefined
  const tellNotice = createNotices(options)
  let failed: AppError | undefined
  let wasStale = false
  let tellAt = 0

  /** Polling in the place of a stream is no end of the trouble with it. */
  function see(step: Step): void {
    if (step.kind === 'follow-failed' || step.kind === 'load-failed') failed = step.error
    const isWell =
      step.kind === 'load-ended' || (step.kind === 'alive' && step.by === (hasStream ? 'stream' : 'poll'))
    if (isWell) failed = undefined
    if (step.kind === 'alive' && copy.note.get().complete) copy.note.set({ succeededAt: clock.now() })
  }

  return async (step) => {
    see(step)
    const isFrequent = step.kind === 'alive' || step.kind === 'objects' || step.kind === 'loaded'
    if (isFrequent && clock.monotonic() < tellAt) return
    tellAt = clock.monotonic() + TELL_EVERY_MS
    const age = copy.note.ageMs()
    if (age !== undefined) events.age(age)
    const isStale = copy.state() === 'stale'
    if (isStale && !wasStale) events.stale(Math.round(age ?? 0))
    wasStale = isStale
    tellNotice(failed)
    try {
      copy.note.flush()
    } catch (error) {
      events.snapshotFailed(toAppError(error))
    }
    await copy.tell(schedule.isStreaming() ? 'stream' : 'polling', failed)
  }
}

/** Troubles of a copy that is of little use. In `hybrid` the look-ups tell. */
function createNotices(options: TellerOptions): (failed: AppError | undefined) => void {
  const { id, copy, config, telemetry } = options
  let told: ErrorCode | undefined
  return (failed) => {
    const isFailing = failed !== undefined && (copy.state() === 'stale' || !copy.note.get().complete)
    if (config.mode !== 'mirror' || isFailing === (told !== undefined)) return
    options.onNotice?.({
      provider: id,
      platform: 'opencti',
      kind: isFailing ? 'failing' : 'recovered',
      code: failed?.code ?? told ?? 'INTERNAL',
      message: failed?.message ?? 'The local copy of the provider is up to date again.',
      at: telemetry.clock.now(),
    })
    told = isFailing ? failed.code : undefined
  }
}
