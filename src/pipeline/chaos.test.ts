import { expect, it, onTestFinished } from 'vitest'
import { alertWith } from '../../test/support/alerts.ts'
import { badSink, goodSink, MISBEHAVING } from '../../test/support/bad-sinks.ts'
import { manualClock } from '../../test/support/clock.ts'
import { keptDeadLetters } from '../../test/support/dead-letters.ts'
import { exactIndex } from '../../test/support/index.ts'
import { noPatterns } from '../../test/support/patterns.ts'
import { scriptedProvider } from '../../test/support/scripted-provider.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import { observableKey } from '../core/observable.ts'
import type { Batch, Lookup, Source } from '../core/ports.ts'
import type { Clock } from '../core/clock.ts'
import { createMemoryStore } from '../store/memory/memory.ts'
import { deliveryEvents } from '../telemetry/events/delivery.ts'
import { pendingEvents } from '../telemetry/events/pending.ts'
import { pipelineEvents } from '../telemetry/events/pipeline.ts'
import { createAlertDedup } from './alert-dedup.ts'
import { createAnalyser } from './analyse.ts'
import { onlineConfig, policyConfig, suppressConfig } from './config.ts'
import { createDeliver } from './deliver.ts'
import { createFinish } from './finish.ts'
import { createAskOnline, type OnlineProvider } from './online.ts'
import { openPendingQueue } from './pending.ts'
import { createPipeline } from './pipeline.ts'
import { createPolicy } from './policy.ts'
import { createMatchSuppression } from './suppress.ts'
import type { Outlet } from './outlet.ts'

const never = new AbortController().signal
const BATCHES = 12
const EACH = 5
const VALUES = Array.from({ length: BATCHES * EACH }, (_, number) => `9.9.9.${number}`)

/** Batches of alerts with a bad address each, and how far they are acknowledged. */
function plantedSource(): Source & { readonly acked: number[] } {
  const acked: number[] = []
  return {
    id: 'test',
    acked,
    read: async function* (): AsyncGenerator<Batch> {
      for (let batch = 0; batch < BATCHES; batch++) {
        const values = VALUES.slice(batch * EACH, (batch + 1) * EACH)
        const alerts = values.map((ip) => alertWith({ ip }, { id: ip }))
        yield { alerts, ack: () => void acked.push(batch) }
      }
    },
    close: async () => undefined,
  }
}

/** A provider that knows every planted address answers beside one that does not do as it should. */
async function setUp(lookup: (clock: Clock) => Lookup, beside: readonly Outlet[] = []) {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const store = createMemoryStore({ clock, maxEntries: 10_000 })
  const events = pipelineEvents(telemetry)
  const policy = createPolicy(policyConfig.parse({}))
  const suppress = suppressConfig.parse({})
  const deadLetters = keptDeadLetters()
  const bad: OnlineProvider = { ...scriptedProvider([], { id: 'bad' }), lookup: lookup(clock) }
  const providers = [scriptedProvider(VALUES, { id: 'good' }), bad]
  const sink = goodSink()
  const delivery = createDeliver([...beside, { sink }], {
    clock,
    events: deliveryEvents(telemetry),
    deadLetters,
  })
  onTestFinished(async () => {
    await Promise.all(delivery.optional.map(({ drained }) => drained(AbortSignal.abort())))
  })
  const pending = await openPendingQueue({
    config: onlineConfig.parse({}).pending,
    providers: ['good', 'bad'],
    store,
    clock,
    events: pendingEvents(telemetry),
    deadLetters,
    stop: never,
  })
  const pipeline = createPipeline({
    analyse: createAnalyser({
      patterns: noPatterns,
      isOwn: () => false,
      extract: ({ body }) => {
        const { ip } = body['data'] as { ip: string }
        return { observables: [{ type: 'ipv4', value: ip, where: ['data.ip'] }], dropped: 0 }
      },
      index: exactIndex([]),
      policy,
      now: () => clock.now(),
    }),
    policy,
    dedup: createAlertDedup({ config: suppress, clock, twins: false }),
    askOnline: createAskOnline({ providers, policy, patterns: noPatterns, patienceMs: 2000, clock }),
    pending,
    finish: createFinish({
      suppression: createMatchSuppression(suppress, store, clock),
      deliver: delivery.deliver,
      events,
    }),
    deadLetters,
    clock,
    events,
    ready: Promise.resolve(true),
  })
  return { pipeline, sink, pending, clock, deadLetters, optional: delivery.optional }
}

/** Runs to the end of the source, however much time that takes by the manual clock. */
async function runAll({ pipeline, clock }: Awaited<ReturnType<typeof setUp>>, source: Source): Promise<void> {
  const over = new AbortController()
  const run = pipeline.run(source, never, never).finally(() => over.abort())
  // Packing what waits takes real time: many turns on a busy machine.
  const step = async (): Promise<boolean> => {
    await clock.advance(100)
    return over.signal.aborted
  }
  await expect.poll(step, { interval: 0, timeout: 8000 }).toBe(true)
  await run
}

const miss = { kind: 'miss' } as const

/** How many alerts are left unanswered, of those planted. */
const PROVIDERS: Readonly<Record<string, { lookup: (clock: Clock) => Lookup; left: number }>> = {
  'throws at once': {
    lookup: () => () => {
      throw new Error('no')
    },
    left: VALUES.length,
  },
  rejects: { lookup: () => () => Promise.reject(new Error('no')), left: VALUES.length },
  hangs: { lookup: () => () => new Promise(() => undefined), left: VALUES.length },
  'answers nothing': { lookup: () => () => Promise.resolve(new Map()), left: VALUES.length },
  'answers about something else': {
    lookup: () => () => Promise.resolve(new Map([['ipv4:203.0.113.1', miss]])),
    left: VALUES.length,
  },
  'answers about every second value and hangs about the others': {
    lookup:
      () =>
      ([observable]) =>
        observable !== undefined && Number(observable.value.split('.')[3]) % 2 === 0
          ? Promise.resolve(new Map([[observableKey(observable), miss]]))
          : new Promise(() => undefined),
    left: VALUES.length / 2,
  },
  'answers drop by drop, long after the patience': {
    lookup: (clock) => {
      let asked = 0
      return async ([observable], signal) => {
        await clock.sleep(10_000 * ++asked, signal)
        return new Map(observable === undefined ? [] : [[observableKey(observable), miss]])
      }
    },
    left: VALUES.length,
  },
}

it.each(Object.entries(PROVIDERS))(
  'R41: beside a provider that %s the matches of the good one are all delivered, and all is acknowledged',
  async (_, { lookup, left }) => {
    const parts = await setUp(lookup)
    const source = plantedSource()
    await runAll(parts, source)
    expect(parts.sink.ids).toHaveLength(VALUES.length)
    expect(new Set(parts.sink.ids).size).toBe(VALUES.length)
    expect(source.acked.toSorted((a, b) => a - b)).toEqual([...Array(BATCHES).keys()])
    // What the bad one did not answer is asked again; it is never «clean».
    expect([parts.pending.size('good').alerts, parts.pending.size('bad').alerts]).toEqual([0, left])
  },
)

/** By the manual clock, which goes on while what waits is packed in real time: that takes some seconds of it. */
const MAX_MS = 60_000

it.each(MISBEHAVING)(
  'beside an optional sink that %s, and a provider that hangs, the good pair loses nothing',
  async (how) => {
    const bad = badSink(how)
    // Whoever waits for one write that hangs is late.
    const buffer = { maxDeliveries: 3, maxBytes: 1024 ** 2, timeoutMs: 10 * MAX_MS, keepsDropped: true }
    const parts = await setUp(() => () => new Promise(() => undefined), [{ sink: bad, buffer }])
    const source = plantedSource()
    await runAll(parts, source)
    const { sink, clock, deadLetters, optional } = parts
    expect(clock.monotonic()).toBeLessThan(MAX_MS)
    expect(sink.ids).toHaveLength(VALUES.length)
    expect(new Set(sink.ids).size).toBe(VALUES.length)
    expect(source.acked).toHaveLength(BATCHES)
    const buried = () => deadLetters.letters.map(({ match }) => match?.id)
    expect(buried().length).toBeGreaterThan(0)
    // What the bad sink did not get is with the dead letters by the end, once; what is left goes there at the stop.
    expect(await Promise.all(optional.map(({ drained }) => drained(AbortSignal.abort())))).toEqual([false])
    expect(new Set(buried()).size).toBe(buried().length)
    expect(new Set([...bad.ids, ...buried()])).toEqual(new Set(sink.ids))
  },
)
