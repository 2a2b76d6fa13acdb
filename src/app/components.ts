import type { Writable } from 'node:stream'
import type { Config } from '../config/schema.ts'
import type { DeadLetters } from '../core/dead-letter.ts'
import type { IntelProvider, Notice, Sink, Source, Store } from '../core/ports.ts'
import { deliveryEvents } from '../telemetry/events/delivery.ts'
import { toAppError } from '../core/errors.ts'
import { createLateSink } from './late-sink.ts'
import { createProvider } from '../intel/registry.ts'
import type { Outlet } from '../pipeline/outlet.ts'
import { createSink, SINKS } from '../sinks/registry.ts'
import { createDecoder } from '../sources/decode.ts'
import { createSource } from '../sources/registry.ts'
import { openStore, STORES } from '../store/registry.ts'
import { lockStateDir } from '../store/state-lock.ts'
import type { AppEvents } from '../telemetry/events/app.ts'
import { sharedStoreEvents } from '../telemetry/events/shared-store.ts'
import { storeEvents } from '../telemetry/events/store.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { followProviders } from './intel.ts'
import { openMirror, type Mirror } from './mirror.ts'
import type { ClosingStack } from './shutdown.ts'

export interface DaemonParts {
  readonly config: Config
  readonly telemetry: Telemetry
  readonly stdout: Writable
  readonly version: string
  /** Of the process; what a service manager says is in it. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface StartContext {
  readonly events: AppEvents
  readonly closing: ClosingStack
  readonly stop: AbortSignal
}

/** Takes the state directory for this process and opens the store in it. */
export async function openState(
  { config, telemetry }: DaemonParts,
  { closing, stop }: StartContext,
): Promise<Store> {
  const { clock } = telemetry
  const events = storeEvents(telemetry)
  const lock = await lockStateDir(config.stateDir, {
    clock,
    signal: stop,
    onWait: (...holder) => events.lockListening(...holder),
  })
  closing.push('state lock', () => lock.release())
  const { store: settings, stateDir } = config
  const context = { stateDir, clock, events }
  const store = await (settings.type === 'redis'
    ? STORES.redis.open(settings, { ...context, signal: stop, sharedEvents: sharedStoreEvents(telemetry) })
    : openStore(settings, context))
  closing.push('store', () => store.close())
  return store
}

export async function createSinks(
  { config, telemetry, stdout }: DaemonParts,
  { closing, deadLetters }: SinkContext,
): Promise<readonly Sink[]> {
  const sinks: Sink[] = []
  for (const [id, settings] of Object.entries(config.sinks)) {
    const deps = { id, telemetry, stdout, stateDir: config.stateDir }
    const open = (): Promise<Sink> =>
      createSink(settings, deadLetters === undefined ? deps : { ...deps, deadLetters })
    const sink = settings.required
      ? await open()
      : await openedOrLate({ id, takes: SINKS[settings.type].takes }, open, telemetry)
    closing.push(`sink ${id}`, () => sink.close())
    sinks.push(sink)
  }
  return sinks
}

/** What may be missed holds up no start. */
async function openedOrLate(
  about: Pick<Sink, 'id' | 'takes'>,
  open: () => Promise<Sink>,
  telemetry: Telemetry,
): Promise<Sink> {
  try {
    return await open()
  } catch (error) {
    if (toAppError(error).retryability === 'permanent') throw error
    deliveryEvents(telemetry).optionalFailed(about.id, error, { deliveries: 0, ageMs: 0 })
    return createLateSink(about, open)
  }
}

interface SinkContext {
  readonly closing: ClosingStack
  /** Absent where nothing is kept. */
  readonly deadLetters?: DeadLetters
}

/** What is owed to each sink, as the settings say; one that has none is required. */
export function outletsOf(sinks: readonly Sink[], { sinks: settings }: Config): readonly Outlet[] {
  return sinks.map((sink) => {
    const { required = true, buffer } = settings[sink.id] ?? {}
    if (required || buffer === undefined) return { sink }
    const { maxDeliveries, maxBytes, timeout: timeoutMs, atLimit } = buffer
    return { sink, buffer: { maxDeliveries, maxBytes, timeoutMs, keepsDropped: atLimit === 'dead-letter' } }
  })
}

/** Tells every sink that passes such things on. A notice never rejects. */
export function noticesTo(sinks: readonly Sink[]): (notice: Notice) => void {
  return (notice) => {
    for (const sink of sinks) void sink.notice?.(notice)
  }
}

/** Tells the sinks that wait for it which own events became alerts; nothing where none does. */
export function ownEventsTo(sinks: readonly Sink[]): { readonly onOwn?: (eventId: string) => void } {
  const waiting = sinks.filter((sink) => typeof sink.seen === 'function')
  if (waiting.length === 0) return {}
  return {
    onOwn: (eventId) => {
      for (const sink of waiting) sink.seen?.(eventId)
    },
  }
}

interface ProviderContext extends StartContext {
  readonly store: Store
  readonly onNotice: (notice: Notice) => void
}

export async function createProviders(
  { config, telemetry }: DaemonParts,
  { closing, store, onNotice }: ProviderContext,
): Promise<readonly IntelProvider[]> {
  const { stateDir } = config
  const providers: IntelProvider[] = []
  for (const [id, settings] of Object.entries(config.providers)) {
    const provider = await createProvider({ id, config: settings, telemetry, store, stateDir, onNotice })
    closing.push(`provider ${id}`, () => provider.close())
    providers.push(provider)
  }
  return providers
}

/**
 * Begins to fill the mirror. `ready` is true when every provider has given what it has: an alert worked on before would
 * be matched against nothing. False when Tripline is stopped before that.
 */
export async function fillMirror(
  providers: readonly IntelProvider[],
  { config, telemetry }: DaemonParts,
  { events, closing, stop }: StartContext,
): Promise<{ readonly mirror: Mirror; readonly ready: Promise<boolean> }> {
  const mirror = await openMirror(config.stateDir, Object.keys(config.providers), telemetry)
  closing.push('mirror', () => mirror.close())
  const ending = new AbortController()
  const signal = AbortSignal.any([stop, ending.signal])
  const following = followProviders(providers, mirror, { clock: telemetry.clock, events, signal })
  closing.push('mirror filling', () => {
    ending.abort()
    return following.ended
  })
  return { mirror, ready: following.ready.then(() => !signal.aborted) }
}

/** So much at once is a backlog; it is also what the unpacking of a `.gz` gives at once. */
const BLOCK_BYTES = 256 * 1024

interface SourceContext {
  readonly closing: ClosingStack
  readonly onNotice: (notice: Notice) => void
  /** Whether the pipeline takes blocks of lines. */
  readonly takesBlocks: boolean
}

export async function createSources(
  parts: DaemonParts,
  { closing, onNotice, takesBlocks }: SourceContext,
): Promise<readonly Source[]> {
  const { config, telemetry } = parts
  const decode = await createDecoder()
  const sources: Source[] = []
  for (const [id, settings] of Object.entries(config.sources)) {
    const common = { id, stateDir: config.stateDir, decode, telemetry, onNotice }
    const deps = takesBlocks ? { ...common, blockBytes: BLOCK_BYTES } : common
    const source = await createSource(settings, deps)
    closing.push(`source ${id}`, () => source.close())
    sources.push(source)
  }
  return sources
}
