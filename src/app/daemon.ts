import type { Writable } from 'node:stream'
import type { Config } from '../config/schema.ts'
import type { Clock } from '../core/clock.ts'
import { errorText } from '../core/errors.ts'
import type { Sink, Source } from '../core/ports.ts'
import { createProvider } from '../intel/registry.ts'
import { createDeliver } from '../pipeline/deliver.ts'
import { createPipeline, type Pipeline } from '../pipeline/pipeline.ts'
import { createPolicy } from '../pipeline/policy.ts'
import { createAlertDedup, createMatchSuppression, type MatchSuppression } from '../pipeline/suppress.ts'
import { createSink } from '../sinks/registry.ts'
import { createDecoder } from '../sources/decode.ts'
import { createSource } from '../sources/registry.ts'
import { openStore } from '../store/registry.ts'
import { lockStateDir } from '../store/state-lock.ts'
import { appEvents, type AppEvents } from '../telemetry/events/app.ts'
import { pipelineEvents, type PipelineEvents } from '../telemetry/events/pipeline.ts'
import { storeEvents } from '../telemetry/events/store.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { createAnalysis } from './analysis.ts'
import { followProviders, type Following } from './intel.ts'
import { openMirror, type Mirror } from './mirror.ts'
import { createClosingStack, within, type ClosingStack } from './shutdown.ts'

export interface DaemonParts {
  readonly config: Config
  readonly telemetry: Telemetry
  readonly stdout: Writable
  readonly version: string
}

/**
 * Runs until `stop` aborts, then finishes what was read. Starts from the sinks, stops from the sources, one deadline
 * for all. Rejects with AppError when it cannot start; resolves with the names of the components that were late.
 */
export async function runDaemon(parts: DaemonParts, stop: AbortSignal): Promise<readonly string[]> {
  const { config, telemetry } = parts
  const events = appEvents(telemetry)
  const closing = createClosingStack(telemetry.clock, events)
  events.starting(parts.version, config.stateDir)
  try {
    const started = telemetry.clock.monotonic()
    const running = await start(parts, { events, closing, stop })
    void tellWhenReady(running, events, () => Math.round(telemetry.clock.monotonic() - started))
    return await work(running, { config, events, closing, clock: telemetry.clock, stop })
  } catch (error) {
    await closing.closeAll(config.shutdownDeadline)
    throw error
  }
}

async function tellWhenReady({ ready, mirror }: Running, events: AppEvents, ms: () => number): Promise<void> {
  if (!(await ready)) return
  if (mirror.size === 0)
    events.warned('providers', 'No indicators are loaded: nothing can match until a feed has some')
  events.running(mirror.size, ms())
}

interface Running {
  readonly pipeline: Pipeline
  readonly sources: readonly Source[]
  readonly mirror: Mirror
  readonly ready: Promise<boolean>
}

interface StartContext {
  readonly events: AppEvents
  readonly closing: ClosingStack
  readonly stop: AbortSignal
}

async function start(parts: DaemonParts, context: StartContext): Promise<Running> {
  const { config, telemetry } = parts
  const { closing } = context
  const { clock } = telemetry
  const stateEvents = storeEvents(telemetry)
  const lock = await lockStateDir(config.stateDir, {
    clock,
    signal: context.stop,
    onWait: (...holder) => stateEvents.lockListening(...holder),
  })
  closing.push('state lock', () => lock.release())
  const store = await openStore(config.store, { stateDir: config.stateDir, clock, events: stateEvents })
  closing.push('store', () => store.close())
  const sinks = await createSinks(parts, closing)
  const { mirror, ready } = await fillMirror(parts, context)
  const events = pipelineEvents(telemetry)
  const policy = createPolicy(config.policy)
  const suppression = createMatchSuppression(config.suppress, store, clock)
  closing.push('roll-up', rollUpEvery(ROLL_UP_MS, suppression, { clock, events }))
  const pipeline = createPipeline({
    analyse: createAnalysis(config, mirror, policy, clock),
    policy,
    dedup: createAlertDedup(config.suppress, clock),
    suppression,
    deliver: createDeliver(sinks, clock, events),
    clock,
    events,
    ready,
  })
  return { pipeline, mirror, ready, sources: await createSources(parts, closing) }
}

const ROLL_UP_MS = 60_000

/** Tells from time to time what was suppressed. The function given back stops that and tells what is left. */
function rollUpEvery(
  everyMs: number,
  suppression: MatchSuppression,
  { clock, events }: { readonly clock: Clock; readonly events: PipelineEvents },
): () => Promise<void> {
  const ending = new AbortController()
  const ended = (async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await clock.sleep(everyMs, ending.signal)
      events.repeatsRolledUp(suppression.rollUp(ending.signal.aborted ? 'all' : 'ended'))
    }
  })()
  return () => {
    ending.abort()
    return ended
  }
}

async function createSinks(
  { config, telemetry, stdout }: DaemonParts,
  closing: ClosingStack,
): Promise<readonly Sink[]> {
  const sinks: Sink[] = []
  for (const [id, settings] of Object.entries(config.sinks)) {
    const sink = await createSink(settings, { id, telemetry, stdout })
    closing.push(`sink ${id}`, () => sink.close())
    sinks.push(sink)
  }
  return sinks
}

/**
 * Begins to fill the mirror. `ready` is true when every provider has given what it has: an alert worked on before would
 * be matched against nothing. False when Tripline is stopped before that.
 */
async function fillMirror(
  { config, telemetry }: DaemonParts,
  { events, closing, stop }: StartContext,
): Promise<{ readonly mirror: Mirror; readonly ready: Promise<boolean> }> {
  const providers = Object.entries(config.providers).flatMap(([id, settings]) => {
    const provider = createProvider({ id, config: settings, telemetry })
    if (provider === undefined)
      events.warned(`providers.${id}`, 'This kind of provider is not used in this version')
    return provider ?? []
  })
  const mirror = await openMirror(config.stateDir, Object.keys(config.providers), telemetry)
  closing.push('mirror', () => mirror.close())
  const ending = new AbortController()
  const signal = AbortSignal.any([stop, ending.signal])
  const following: Following = followProviders(providers, mirror, { clock: telemetry.clock, events, signal })
  closing.push('providers', async () => {
    ending.abort()
    await following.ended
    await Promise.all(providers.map((provider) => provider.close()))
  })
  return { mirror, ready: following.ready.then(() => !signal.aborted) }
}

async function createSources(parts: DaemonParts, closing: ClosingStack): Promise<readonly Source[]> {
  const { config, telemetry } = parts
  const decode = await createDecoder()
  return Object.entries(config.sources).map(([id, settings]) => {
    const source = createSource(settings, { id, stateDir: config.stateDir, decode, telemetry })
    closing.push(`source ${id}`, () => source.close())
    return source
  })
}

interface WorkContext extends StartContext {
  readonly config: Config
  readonly clock: Clock
}

/**
 * Reads until told to stop, or until every source has ended; three quarters of the deadline are for finishing. When a
 * source or a sink can never work again, everything stops and the error is thrown.
 */
async function work({ pipeline, sources }: Running, context: WorkContext): Promise<readonly string[]> {
  const { config, events, closing, clock, stop } = context
  const hard = new AbortController()
  const reading = new AbortController()
  const runs = Promise.all(
    sources.map((source) => pipeline.run(source, AbortSignal.any([stop, reading.signal]), hard.signal)),
  )
  const failure = runs.then(() => undefined, toError)
  try {
    await Promise.race([runs, aborted(stop)])
    const began = clock.monotonic()
    events.stopping(stop.aborted ? 'signal' : 'all sources ended')
    const graceful = await within(failure, config.shutdownDeadline * 0.75, clock)
    hard.abort()
    const late = await closing.closeAll(Math.max(0, config.shutdownDeadline - (clock.monotonic() - began)))
    const names = graceful ? late : ['delivery', ...late]
    if (names.length > 0) events.late(names)
    await events.stopped(Math.round(clock.monotonic() - began))
    const error = graceful ? await failure : undefined
    if (error !== undefined) throw error
    return names
  } finally {
    reading.abort()
    hard.abort()
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(errorText(error))
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
