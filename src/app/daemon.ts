import { aborted } from '../core/abort.ts'
import type { Clock } from '../core/clock.ts'
import { garbageCollector } from '../core/collect-garbage.ts'
import { errorText } from '../core/errors.ts'
import type { Source } from '../core/ports.ts'
import { createAlertDedup } from '../pipeline/alert-dedup.ts'
import { createDeliver, type Deliver } from '../pipeline/deliver.ts'
import { createFinish } from '../pipeline/finish.ts'
import { createNodeClaims } from '../pipeline/node-claims.ts'
import { createPipeline, type Pipeline } from '../pipeline/pipeline.ts'
import { createPolicy } from '../pipeline/policy.ts'
import { createMatchSuppression, type MatchSuppression } from '../pipeline/suppress.ts'
import type { Config } from '../config/schema.ts'
import { appEvents, type AppEvents } from '../telemetry/events/app.ts'
import { deliveryEvents } from '../telemetry/events/delivery.ts'
import { pipelineEvents, type PipelineEvents } from '../telemetry/events/pipeline.ts'
import { createAnalysis } from './analysis.ts'
import {
  createProviders,
  createSinks,
  createSources,
  fillMirror,
  noticesTo,
  ownEventsTo,
  openState,
  outletsOf,
  type DaemonParts,
  type StartContext,
} from './components.ts'
import { openDeadLetters } from './dead-letters.ts'
import type { Mirror } from './mirror.ts'
import { isOnline, openOnline } from './online.ts'
import { createClosingStack, halfOf, within, type ClosingStack } from './shutdown.ts'
import { openBlocks } from './blocks/open-blocks.ts'
import { createSightingSink } from './sighting-sink.ts'
import { openStatus } from './status.ts'
import { followsTwins } from './twins.ts'
import { openWarningLists } from './warninglists.ts'

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

async function tellWhenReady(
  { ready, mirror, asksOnline }: Running,
  events: AppEvents,
  ms: () => number,
): Promise<void> {
  if (!(await ready)) return
  if (mirror.size === 0 && !asksOnline)
    events.warned('providers', 'No indicators are loaded: nothing can match until a feed has some')
  events.running(mirror.size, ms())
  // What only the start needed, from parsed settings to half-built indexes, would else stay resident as long as little happens.
  garbageCollector()?.()
}

interface Running {
  readonly pipeline: Pipeline
  readonly delivery: Deliver
  readonly sources: readonly Source[]
  readonly mirror: Mirror
  readonly ready: Promise<boolean>
  readonly asksOnline: boolean
}

async function start(parts: DaemonParts, context: StartContext): Promise<Running> {
  const { config, telemetry } = parts
  const { closing } = context
  const { clock } = telemetry
  const store = await openState(parts, context)
  const deadLetters = await openDeadLetters(parts, context)
  const status = await openStatus(parts, context)
  const sinks = status.sinks(await createSinks(parts, { closing, deadLetters }))
  const onNotice = noticesTo(sinks)
  const providers = await createProviders(parts, { ...context, store, onNotice })
  const { mirror, ready: filled } = await fillMirror(providers, parts, context)
  const sightings = createSightingSink(providers, clock)
  const events = pipelineEvents(telemetry)
  const warnings = await openWarningLists(config, telemetry, context.stop)
  closing.push('warning-lists', () => warnings.close())
  const policy = createPolicy(config.policy, { warningLists: warnings.lists })
  const ready = Promise.all([filled, warnings.ready]).then(([isFilled]) => isFilled && !context.stop.aborted)
  const suppression = createMatchSuppression(config.suppress, store, clock, {
    onForgotten: events.repeatsForgotten,
    ...(config.store.type === 'redis' ? { nodes: createNodeClaims(store, clock, context.stop) } : {}),
  })
  closing.push('roll-up', rollUpEvery(ROLL_UP_MS, suppression, { clock, events }))
  const outlets = [...outletsOf(sinks, config), ...(sightings === undefined ? [] : [{ sink: sightings }])]
  const delivery = createDeliver(outlets, { clock, events: deliveryEvents(telemetry), deadLetters })
  pushOptional(delivery, closing, clock)
  const finish = createFinish({ suppression, deliver: status.deliver(delivery.deliver), events })
  const { analyse, patterns, extract } = createAnalysis(config, {
    index: mirror,
    policy,
    clock,
    ...ownEventsTo(sinks),
  })
  const online = await openOnline(providers, parts, {
    ...context,
    store,
    policy,
    patterns,
    finish,
    ready,
    deadLetters,
  })
  const blocks = await openBlocks(parts, { closing, extract, providers, mirror })
  const pipeline = createPipeline({
    analyse,
    policy,
    dedup: createAlertDedup({ config: config.suppress, clock, twins: followsTwins(config) }),
    ...online,
    ...blocks,
    finish,
    deadLetters,
    clock,
    events,
    ready,
  })
  const takesBlocks = blocks.blocks !== undefined
  const sources = status.sources(await createSources(parts, { closing, onNotice, takesBlocks }))
  status.started({ ...online, index: mirror, policy, patterns, providers, ready })
  return { pipeline, delivery, mirror, ready, sources, asksOnline: providers.some(isOnline) }
}

/** After the last delivery, and before the sinks are closed. */
function pushOptional({ optional }: Deliver, closing: ClosingStack, clock: Clock): void {
  for (const { id, drained } of optional)
    closing.push(`delivery to ${id}`, (leftMs) => halfOf(leftMs, clock, drained))
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

interface WorkContext extends StartContext {
  readonly config: Config
  readonly clock: Clock
}

/**
 * Reads until told to stop, or until every source has ended; three quarters of the deadline are for finishing. When a
 * source or a sink can never work again, everything stops and the error is thrown.
 */
async function work(
  { pipeline, delivery, sources }: Running,
  context: WorkContext,
): Promise<readonly string[]> {
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
    const waiting = delivery.waiting().map((id) => `delivery to ${id}`)
    hard.abort()
    const late = await closing.closeAll(Math.max(0, config.shutdownDeadline - (clock.monotonic() - began)))
    const names = graceful ? late : [...(waiting.length > 0 ? waiting : ['delivery']), ...late]
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
