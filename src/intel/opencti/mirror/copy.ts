import { join } from 'node:path'
import { toAppError, type AppError } from '../../../core/errors.ts'
import type { ComponentId } from '../../../core/indicator.ts'
import type { Notice } from '../../../core/ports.ts'
import { openCtiMirrorEvents, type OpenCtiMirrorEvents } from '../../../telemetry/events/opencti-mirror.ts'
import type { Telemetry } from '../../../telemetry/telemetry.ts'
import { openSnapshot, type Snapshot } from '../../mirror/snapshot.ts'
import { writeStatus, type MirrorStatus } from '../../mirror/status.ts'
import type { OpenCtiClient } from '../api.ts'
import { openCtiBaseUrl } from '../client/base-url.ts'
import type { OpenCtiConfig } from '../config.ts'
import { createContent, type Content } from './content.ts'
import { extractOf } from './extract.ts'
import { createDictionary, type Dictionary } from '../stream/dictionary.ts'
import { createNoteKeeper, type CopyNote, type NoteKeeper } from './note.ts'
import type { RowOptions } from './rows.ts'
import { openUnmatchableFile } from './unmatchable-file.ts'

export interface OpenCtiMirrorOptions {
  readonly id: ComponentId
  readonly config: OpenCtiConfig
  readonly client: Pick<OpenCtiClient, 'indicators' | 'requireVersion'>
  readonly telemetry: Telemetry
  readonly stateDir: string
  onNotice?(notice: Notice): void
}

export type CopyState = MirrorStatus['state']

/** The copy of one OpenCTI on the disk, and how far it is up to date. */
export interface OpenCtiCopy {
  readonly path: string
  readonly snapshot: Snapshot
  readonly content: Content
  readonly dictionary: Dictionary
  readonly rows: RowOptions
  readonly note: NoteKeeper
  readonly state: () => CopyState
  /** Writes the status for `tripline intel status`. */
  readonly tell: (follows: 'stream' | 'polling', failed: AppError | undefined) => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * What the indicators in a snapshot depend on beside the server's content. Raise the number when the same object gives other
 * indicators, as when a canonical form changes: old copies are then loaded again.
 */
const CONTENT = 1

/** Rejects with STATE_UNWRITABLE. */
export async function openCopy(options: OpenCtiMirrorOptions): Promise<OpenCtiCopy> {
  const { id, config, telemetry, stateDir } = options
  const { clock } = telemetry
  const events = openCtiMirrorEvents(telemetry, id)
  const path = join(stateDir, `intel-${id}.lmdb`)
  const webUrl = openCtiBaseUrl(config.webUrl ?? config.url)
  const identity = JSON.stringify([CONTENT, id, openCtiBaseUrl(config.url), webUrl, config.mirror.revoked])
  const { snapshot, isDamaged } = await openWatched(path, identity, events)
  const note = createNoteKeeper(snapshot, clock, (error) => events.snapshotFailed(toAppError(error)))
  if (isDamaged) note.set({ owed: true }, true)
  const content = createContent({
    snapshot,
    maxIndicators: config.mirror.maxIndicators,
    now: () => clock.now(),
    onDamaged: (unit) => {
      events.snapshotUnitsLost(path, [unit])
      note.set({ owed: true })
    },
  })
  const unmatchable = await openUnmatchableFile(stateDir, id, content.unmatchable)
  const state = (): CopyState =>
    stateOf(note.get(), snapshot.indicators, (note.ageMs() ?? 0) > config.mirror.staleAfter)
  return {
    path,
    snapshot,
    content,
    dictionary: createDictionary(),
    rows: { provider: id, webUrl },
    note,
    state,
    tell: async (follows, failed) => {
      await unmatchable.write().catch((failure: unknown) => events.statusFailed(failure))
      const { indicators } = snapshot
      const told = { state: state(), content, note: note.get(), indicators, follows, failed }
      await tell(options, events, told)
    },
    close: () => snapshot.close(),
  }
}

async function openWatched(
  path: string,
  identity: string,
  events: OpenCtiMirrorEvents,
): Promise<{ readonly snapshot: Snapshot; readonly isDamaged: boolean }> {
  let isDamaged = false
  const snapshot = await openSnapshot({
    path,
    identity,
    extract: extractOf,
    events: {
      snapshotBegunAnew: (...about) => events.snapshotBegunAnew(...about),
      snapshotUnitsLost: (...about) => {
        isDamaged = true
        events.snapshotUnitsLost(...about)
      },
    },
  })
  return { snapshot, isDamaged }
}

function stateOf({ complete, owed, leftOut }: CopyNote, indicators: number, isOld: boolean): CopyState {
  if (!complete) return indicators === 0 ? 'empty' : 'partial'
  if (isOld) return 'stale'
  return leftOut === 0 && !owed ? 'fresh' : 'partial'
}

interface Told extends Pick<MirrorStatus, 'state' | 'indicators'> {
  readonly content: Content
  readonly note: CopyNote
  readonly follows: 'stream' | 'polling'
  readonly failed: AppError | undefined
}

/** That it cannot be written is told, never thrown. */
async function tell(
  { id, config, telemetry, stateDir }: OpenCtiMirrorOptions,
  events: OpenCtiMirrorEvents,
  { content, note, failed, ...told }: Told,
): Promise<void> {
  const at = telemetry.clock.now()
  try {
    await writeStatus(stateDir, {
      provider: id,
      mode: config.mode,
      url: openCtiBaseUrl(config.url),
      at,
      staleAfterMs: config.mirror.staleAfter,
      ...told,
      objects: content.objects,
      leftOut: note.leftOut,
      skipped: 0,
      unmatchable: content.unmatchable.list(),
      ...(note.succeededAt === undefined ? {} : { lastSuccess: note.succeededAt }),
      ...(failed === undefined ? {} : { lastError: { code: failed.code, message: failed.message, at } }),
    })
  } catch (failure) {
    events.statusFailed(failure)
  }
}
