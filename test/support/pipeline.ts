import { AppError } from '../../src/core/errors.ts'
import type { Delivery, Sink, Store } from '../../src/core/ports.ts'
import { createAlertDedup } from '../../src/pipeline/alert-dedup.ts'
import { createAnalyser } from '../../src/pipeline/analyse.ts'
import type { BlockParts } from '../../src/pipeline/block.ts'
import { policyConfig, suppressConfig } from '../../src/pipeline/config.ts'
import { createDeliver } from '../../src/pipeline/deliver.ts'
import { createFinish } from '../../src/pipeline/finish.ts'
import { createAskOnline } from '../../src/pipeline/online.ts'
import { createPipeline } from '../../src/pipeline/pipeline.ts'
import { createPolicy } from '../../src/pipeline/policy.ts'
import { createMatchSuppression } from '../../src/pipeline/suppress.ts'
import { createMemoryStore } from '../../src/store/memory/memory.ts'
import { deliveryEvents } from '../../src/telemetry/events/delivery.ts'
import { pipelineEvents } from '../../src/telemetry/events/pipeline.ts'
import { manualClock } from './clock.ts'
import { keptDeadLetters } from './dead-letters.ts'
import { exactIndex, indicatorOf } from './index.ts'
import { noPatterns } from './patterns.ts'
import { recordedTelemetry } from './telemetry.ts'

export const never = new AbortController().signal

/** A sink that keeps what it gets, after failing as often as told. */
export function recordingSink(id: string, failures = 0): Sink & { readonly got: Delivery[]; calls: number } {
  const sink = {
    id,
    got: [] as Delivery[],
    calls: 0,
    write: async (delivery: Delivery) => {
      sink.calls += 1
      if (sink.calls <= failures) throw new AppError('SINK_FULL', 'no space')
      sink.got.push(delivery)
    },
    close: async () => undefined,
  }
  return sink
}

interface Given {
  readonly store?: Store
  readonly ready?: Promise<boolean>
  readonly blocks?: BlockParts
  /** The dead letters take none. */
  readonly refuses?: boolean
}

/** A real pipeline over alerts with one address each, `data.ip`; of 9.9.9.9 something is known. */
export function pipelineOf(
  sinks: readonly Sink[],
  { store, ready = Promise.resolve(true), blocks, refuses = false }: Given = {},
) {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const events = pipelineEvents(telemetry)
  const policy = createPolicy(policyConfig.parse({}))
  const deadLetters = keptDeadLetters({ refuses })
  const pipeline = createPipeline({
    analyse: createAnalyser({
      patterns: noPatterns,
      isOwn: ({ groups }) => groups.includes('tripline'),
      extract: ({ body }) => {
        const { ip } = body['data'] as { ip: string }
        if (ip === 'throw') throw new TypeError('a defect')
        return { observables: [{ type: 'ipv4', value: ip, where: ['data.ip'] }], dropped: 0 }
      },
      index: exactIndex([indicatorOf({ type: 'ipv4', value: '9.9.9.9' })]),
      policy,
      now: () => clock.now(),
    }),
    policy,
    dedup: createAlertDedup({ config: suppressConfig.parse({}), clock, twins: false }),
    askOnline: createAskOnline({
      providers: [],
      policy,
      patterns: noPatterns,
      patienceMs: 1000,
      clock,
    }),
    finish: createFinish({
      suppression: createMatchSuppression(
        suppressConfig.parse({}),
        store ?? createMemoryStore({ clock, maxEntries: 1000 }),
        clock,
      ),
      deliver: createDeliver(
        sinks.map((sink) => ({ sink })),
        { clock, events: deliveryEvents(telemetry) },
      ).deliver,
      events,
    }),
    deadLetters,
    clock,
    events,
    ready,
    ...(blocks === undefined ? {} : { blocks }),
  })
  return { pipeline, clock, telemetry, deadLetters }
}
