import type { Config } from '../config/schema.ts'
import { AppError } from '../core/errors.ts'
import { createMispClient } from '../intel/misp/client/client.ts'
import type { MispConfig } from '../intel/misp/config.ts'
import { syncOnce, type OnceSummary as EventSummary } from '../intel/misp/mirror/once.ts'
import { createOpenCtiClient, createStreamHttp } from '../intel/opencti/client/client.ts'
import type { OpenCtiConfig } from '../intel/opencti/config.ts'
import { loadOnce, type OnceSummary as ObjectSummary } from '../intel/opencti/mirror/once.ts'
import { lockStateDir, type StateLock } from '../store/state-lock.ts'
import { storeEvents } from '../telemetry/events/store.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

export interface SyncProgress {
  /** What is counted by the next two. */
  readonly of: 'event' | 'STIX indicator'
  readonly done: number
  readonly total: number
  /** Values in the copy now. */
  readonly indicators: number
}

/** What a copy holds now: of a MISP, or of an OpenCTI. */
export type SyncSummary =
  ({ readonly of: 'event' } & EventSummary) | ({ readonly of: 'STIX indicator' } & ObjectSummary)

export interface SyncOptions {
  readonly config: Config
  /** Ids of providers; all with a mirror when empty. */
  readonly providers: readonly string[]
  readonly telemetry: Telemetry
  readonly signal: AbortSignal
  readonly onProgress: (provider: string, progress: SyncProgress) => void
  /** Called as each one ends. */
  readonly onEnd: (result: SyncResult) => void
}

export type SyncResult =
  | { readonly kind: 'done'; readonly provider: string; readonly summary: SyncSummary; readonly ms: number }
  | { readonly kind: 'failed'; readonly provider: string; readonly error: AppError }

type MirrorSettings = MispConfig | OpenCtiConfig

/**
 * Brings the copies of some providers up to date, one after the other; one that fails does not keep the others from it. Rejects
 * with CONFIG_INVALID when a provider has no copy, with STATE_LOCKED when Tripline is running.
 */
export async function syncMirrors(options: SyncOptions): Promise<void> {
  const { config, providers, telemetry, signal, onEnd } = options
  const mirrors = mirrorsOf(config, providers)
  const lock = await lockOf(config.stateDir, telemetry, signal)
  try {
    for (const [provider, settings] of mirrors) {
      if (signal.aborted) return
      onEnd(await syncOne(provider, settings, options))
    }
  } finally {
    await lock.release()
  }
}

function mirrorsOf(config: Config, names: readonly string[]): ReadonlyMap<string, MirrorSettings> {
  const mirrors = new Map<string, MirrorSettings>()
  for (const [id, settings] of Object.entries(config.providers))
    if (settings.type !== 'feed' && settings.mode !== 'online') mirrors.set(id, settings)
  const hint = 'A copy is kept of providers of type misp or opencti with mode mirror or hybrid.'
  if (mirrors.size === 0) throw new AppError('CONFIG_INVALID', 'No provider has a local copy', { hint })
  if (names.length === 0) return mirrors
  for (const name of names) {
    if (mirrors.has(name)) continue
    const problem = name in config.providers ? 'has no local copy' : 'is not configured'
    throw new AppError('CONFIG_INVALID', `The provider ${name} ${problem}`, {
      hint: `${hint} These have one: ${[...mirrors.keys()].join(', ')}.`,
    })
  }
  return new Map([...mirrors].filter(([id]) => names.includes(id)))
}

async function lockOf(dir: string, telemetry: Telemetry, signal: AbortSignal): Promise<StateLock> {
  const events = storeEvents(telemetry)
  try {
    return await lockStateDir(dir, {
      clock: telemetry.clock,
      signal,
      onWait: (...holder) => events.lockListening(...holder),
    })
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'STATE_LOCKED') throw error
    throw new AppError(error.code, `${error.message}, which keeps its copies up to date by itself`, {
      cause: error,
      hint: 'See tripline intel status. To fetch by hand, stop that process first.',
    })
  }
}

async function syncOne(provider: string, config: MirrorSettings, options: SyncOptions): Promise<SyncResult> {
  const { telemetry, signal } = options
  const started = telemetry.clock.monotonic()
  try {
    const summary = await (config.type === 'misp'
      ? syncMisp(provider, config, options)
      : syncOpenCti(provider, config, options))
    return { kind: 'done', provider, summary, ms: telemetry.clock.monotonic() - started }
  } catch (error) {
    return { kind: 'failed', provider, error: failure(error, signal) }
  }
}

async function syncMisp(
  provider: string,
  config: MispConfig,
  { config: { stateDir }, telemetry, signal, onProgress }: SyncOptions,
): Promise<SyncSummary> {
  const of = 'event'
  const client = createMispClient({ config, provider, telemetry })
  try {
    const summary = await syncOnce(
      { id: provider, config, client, telemetry, stateDir },
      (progress) => onProgress(provider, { of, ...progress }),
      signal,
    )
    return { of, ...summary }
  } finally {
    await client.close()
  }
}

async function syncOpenCti(
  provider: string,
  config: OpenCtiConfig,
  { config: { stateDir }, telemetry, signal, onProgress }: SyncOptions,
): Promise<SyncSummary> {
  const of = 'STIX indicator'
  const client = createOpenCtiClient({ config, provider, telemetry })
  const http = createStreamHttp({ config, telemetry })
  try {
    const summary = await loadOnce(
      { id: provider, config, client, http, telemetry, stateDir },
      (progress) => onProgress(provider, { of, ...progress }),
      signal,
    )
    return { of, ...summary }
  } finally {
    await Promise.all([client.close(), http.close()])
  }
}

function failure(error: unknown, signal: AbortSignal): AppError {
  if (signal.aborted)
    return new AppError('INTERNAL', 'Interrupted: what was fetched is kept, the next run goes on from there')
  if (error instanceof AppError) return error
  throw error
}
