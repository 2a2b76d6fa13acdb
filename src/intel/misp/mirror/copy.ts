import { join } from 'node:path'
import { toAppError } from '../../../core/errors.ts'
import type { ComponentId } from '../../../core/indicator.ts'
import type { Notice } from '../../../core/ports.ts'
import {
  mispMirrorEvents,
  type MispMirrorEvents,
  type RoundKind,
} from '../../../telemetry/events/misp-mirror.ts'
import type { Telemetry } from '../../../telemetry/telemetry.ts'
import { openSnapshot, type Snapshot } from '../../mirror/snapshot.ts'
import { writeStatus, type MirrorStatus } from '../../mirror/status.ts'
import type { MispClient, MispMirror } from '../api.ts'
import { mispBaseUrl } from '../client/base-url.ts'
import type { MispConfig } from '../config.ts'
import { mispIndicators } from '../indicators/indicators.ts'
import { createDoubts } from './doubts.ts'
import { createPace } from './pace.ts'
import { syncRound, type RoundParts, type RoundStep } from './round.ts'
import { parseNote, type SyncNote } from './schema.ts'

export interface MispMirrorOptions {
  readonly id: ComponentId
  readonly config: MispConfig
  readonly client: Pick<MispClient, 'searchAttributes' | 'eventIndex'>
  readonly telemetry: Telemetry
  readonly stateDir: string
  onNotice?(notice: Notice): void
}

export type MirrorState = ReturnType<MispMirror['state']>

/** The copy of one MISP on the disk, and how far it is up to date. */
export interface MispCopy {
  readonly path: string
  readonly snapshot: Snapshot
  readonly note: () => SyncNote
  readonly state: () => MirrorState
  /** Milliseconds since the last round that succeeded; undefined when there was none. */
  readonly ageMs: () => number | undefined
  /** The kind of round that is due. */
  readonly due: () => RoundKind
  /** Events in the snapshot turned out to be damaged: all are compared in the next round. */
  readonly distrust: () => void
  /** One round; see `syncRound`. How it ended is written for `tripline intel status`. */
  readonly round: (kind: RoundKind, signal: AbortSignal) => AsyncGenerator<RoundStep>
  readonly close: () => Promise<void>
}

/**
 * What the indicators in a snapshot depend on beside the MISP's content. Raise the number when `mispIndicators` gives
 * something else for the same row, as when a canonical form changes: old copies are then fetched again.
 */
const CONTENT = 1

/** While a round goes on. */
const TELL_EVERY_MS = 5000

/** Rejects with STATE_UNWRITABLE. `onProgress` is called after each answer of the server. */
export async function openCopy(options: MispMirrorOptions, onProgress: () => void): Promise<MispCopy> {
  const { id, config, telemetry, stateDir } = options
  const { clock } = telemetry
  const events = mispMirrorEvents(telemetry, id)
  const path = join(stateDir, `intel-${id}.lmdb`)
  const webUrl = mispBaseUrl(config.webUrl ?? config.url)
  const identity = JSON.stringify([CONTENT, id, mispBaseUrl(config.url), webUrl, config.published])
  const snapshot = await openSnapshot({ path, identity, events })
  const parts = roundParts(options, { snapshot, events, webUrl, onProgress })
  let note = parseNote(snapshot.note)
  /** A clock that was set back says nothing about age: it counts from now on. */
  let succeeded =
    note.succeededAt === undefined
      ? undefined
      : clock.monotonic() - Math.max(0, clock.now() - note.succeededAt)
  let trusted = true
  let failed: MirrorStatus['lastError']
  const ageMs = (): number | undefined =>
    succeeded === undefined ? undefined : clock.monotonic() - succeeded
  const state = (): MirrorState =>
    stateOf(note, snapshot.units.size, (ageMs() ?? 0) > config.mirror.staleAfter)
  const tell = statusTeller(options, events, () => ({ snapshot, note, state: state(), failed }))
  return {
    path,
    snapshot,
    note: () => note,
    state,
    ageMs,
    due: () => (trusted ? dueRound(note, clock.now(), config) : 'reconcile'),
    distrust: () => {
      trusted = false
    },
    round: async function* (kind, signal) {
      try {
        let told = -Infinity
        for await (const step of syncRound(kind, parts, signal)) {
          yield step
          if (clock.monotonic() - told < TELL_EVERY_MS) continue
          told = clock.monotonic()
          await tell()
        }
        note = parseNote(snapshot.note)
        succeeded = clock.monotonic()
        if (kind === 'reconcile') trusted = true
        failed = undefined
        await tell()
      } catch (error) {
        const { code, message } = toAppError(error)
        if (!signal.aborted) failed = { code, message, at: clock.now() }
        await tell()
        throw error
      }
    },
    close: () => snapshot.close(),
  }
}

function roundParts(
  { id, client, config, telemetry }: MispMirrorOptions,
  { webUrl, ...more }: Pick<RoundParts, 'snapshot' | 'events' | 'onProgress'> & { readonly webUrl: string },
): RoundParts {
  return {
    ...more,
    client,
    config,
    clock: telemetry.clock,
    indicatorsOf: (row) => mispIndicators(row, { provider: id, webUrl }),
    pace: createPace(config.mirror.pageSize),
    doubts: createDoubts(),
  }
}

function stateOf({ complete, leftOut, skipped }: SyncNote, events: number, isOld: boolean): MirrorState {
  if (!complete) return events === 0 ? 'empty' : 'partial'
  if (isOld) return 'stale'
  return leftOut + skipped === 0 ? 'fresh' : 'partial'
}

/** The list of all events is compared now and then, and at once when the clock says it was in the future. */
function dueRound({ complete, reconciledAt }: SyncNote, now: number, { mirror }: MispConfig): RoundKind {
  if (!complete || reconciledAt === undefined || now < reconciledAt) return 'reconcile'
  return now - reconciledAt >= mirror.reconcile ? 'reconcile' : 'delta'
}

interface Told {
  readonly snapshot: Snapshot
  readonly note: SyncNote
  readonly state: MirrorState
  /** Why the last round failed; undefined when it did not. */
  readonly failed: MirrorStatus['lastError']
}

/** Writes the status file. That it cannot be written is told, never thrown. */
function statusTeller(
  { id, config, telemetry, stateDir }: MispMirrorOptions,
  events: MispMirrorEvents,
  now: () => Told,
): () => Promise<void> {
  const { clock } = telemetry
  return async () => {
    const { snapshot, note, state, failed } = now()
    const { cursor, succeededAt, leftOut, skipped } = note
    const status: MirrorStatus = {
      provider: id,
      mode: config.mode,
      url: mispBaseUrl(config.url),
      state,
      events: snapshot.units.size,
      indicators: snapshot.indicators,
      at: clock.now(),
      staleAfterMs: config.mirror.staleAfter,
      ...(succeededAt === undefined ? {} : { lastSuccess: succeededAt }),
      ...(cursor === undefined ? {} : { cursor }),
      leftOut,
      skipped,
      ...(failed === undefined ? {} : { lastError: failed }),
    }
    try {
      await writeStatus(stateDir, status)
    } catch (failure) {
      events.statusFailed(failure)
    }
  }
}
