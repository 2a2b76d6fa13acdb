import { describe, expect, it } from 'vitest'
import { alertWith } from '../../test/support/alerts.ts'
import { manualClock } from '../../test/support/clock.ts'
import { never, pipelineOf, recordingSink } from '../../test/support/pipeline.ts'
import type { Alert } from '../core/alert.ts'
import { AppError } from '../core/errors.ts'
import { createLatch } from '../core/latch.ts'
import type { LineBlock } from '../core/line-block.ts'
import type { Batch, Sink, Source, Store } from '../core/ports.ts'
import { createMemoryStore } from '../store/memory/memory.ts'

function refuse(): Promise<never> {
  return Promise.reject(new AppError('STATE_UNWRITABLE', 'no store'))
}

function endedExamination(): Promise<never> {
  return Promise.reject(new Error('The examination was ended'))
}

/** A source of these batches that records the order of acknowledgements. */
function sourceOf(
  batches: readonly (readonly Alert[])[],
): Source & { readonly acked: number[]; given: number } {
  const source = {
    id: 'test',
    acked: [] as number[],
    given: 0,
    read: async function* (signal: AbortSignal): AsyncGenerator<Batch> {
      for (const [index, alerts] of batches.entries()) {
        if (signal.aborted) return
        source.given += 1
        yield { alerts, ack: () => void source.acked.push(index) }
      }
    },
    close: async () => undefined,
  }
  return source
}

const seen = (ip: string, part: Partial<Alert> = {}) => alertWith({ ip }, part)

describe('the pipeline', () => {
  it('delivers findings and matches in order and acknowledges every batch', async () => {
    const sink = recordingSink('log')
    const source = sourceOf([[seen('9.9.9.9'), seen('8.8.4.4')], [seen('8.8.4.4')], []])
    const { pipeline, telemetry } = pipelineOf([sink])
    await pipeline.run(source, never, never)
    expect(source.acked).toEqual([0, 1, 2])
    expect(sink.got.map(({ parsed, matches }) => [parsed.length, matches.length])).toEqual([
      [2, 1],
      [1, 0],
    ])
    expect(await telemetry.metrics.total('alerts_processed_total')).toBe(3)
    expect(await telemetry.metrics.total('matches_total')).toBe(1)
  })

  it('works on an alert once and drops its own', async () => {
    const sink = recordingSink('log')
    const twice = seen('9.9.9.9')
    const { pipeline, telemetry } = pipelineOf([sink])
    await pipeline.run(sourceOf([[twice, twice, seen('9.9.9.9', { groups: ['tripline'] })]]), never, never)
    expect(sink.got[0]?.parsed).toHaveLength(1)
    expect(await telemetry.metrics.total('alerts_dropped_total')).toBe(2)
  })

  it('R36: of two nodes reports each alert once; what both have read has one id, so that it can be told', async () => {
    const [master, worker] = [recordingSink('master'), recordingSink('worker')]
    const own = { id: '1773043200.1', timestamp: '2026-03-09T08:00:00.000+0000' }
    const onMaster = seen('9.9.9.9', { ...own, node: 'master' })
    const onWorker = seen('9.9.9.9', { ...own, node: 'worker' })
    const shared = seen('9.9.9.9', { id: '1773043200.2', node: 'master', agent: { id: '3', name: 'c' } })
    await pipelineOf([master]).pipeline.run(sourceOf([[onMaster, shared]]), never, never)
    await pipelineOf([worker]).pipeline.run(sourceOf([[onWorker, shared]]), never, never)
    const ids = ({ got }: typeof master): readonly string[] =>
      got.flatMap(({ matches }) => matches.map(({ id }) => id))
    expect(new Set([...ids(master), ...ids(worker)]).size).toBe(3)
    expect(ids(worker)[1]).toBe(ids(master)[1])
  })

  it('counts repeats of a match in the window instead of delivering them', async () => {
    const sink = recordingSink('log')
    const { pipeline, telemetry } = pipelineOf([sink])
    await pipeline.run(sourceOf([[seen('9.9.9.9')], [seen('9.9.9.9')], [seen('9.9.9.9')]]), never, never)
    expect(sink.got.flatMap(({ matches }) => matches)).toHaveLength(1)
    expect(await telemetry.metrics.total('matches_suppressed_total')).toBe(2)
  })

  it('asks a sink again until it accepts, acknowledges only then, and does not ask the others twice', async () => {
    const full = recordingSink('full', 3)
    const good = recordingSink('good')
    const source = sourceOf([[seen('9.9.9.9')]])
    const { pipeline, clock, telemetry } = pipelineOf([full, good])
    const done = pipeline.run(source, never, never)
    for (let wait = 0; wait < 3; wait++) {
      await clock.advance(0)
      expect(source.acked).toEqual([])
      await clock.advance(10_000)
    }
    await done
    expect([full.calls, good.calls, full.got.length, source.acked]).toEqual([4, 1, 1, [0]])
    expect(telemetry.lines.map(({ msg }) => msg)).toContain('The sink accepts matches again')
  })

  it('stops taking batches while nothing is delivered', async () => {
    const stuck: Sink = {
      id: 'stuck',
      write: () => new Promise(() => undefined),
      close: async () => undefined,
    }
    const source = sourceOf(Array.from({ length: 50 }, () => [seen('9.9.9.9')]))
    const { pipeline, clock } = pipelineOf([stuck])
    void pipeline.run(source, never, never)
    for (let turn = 0; turn < 20; turn++) await clock.advance(0)
    expect(source.given).toBeLessThanOrEqual(5)
  })

  it('takes no more batches over all sources than fit into memory, and goes on when some are delivered', async () => {
    let open: (() => void) | undefined
    const opened = new Promise<void>((resolve) => (open = resolve))
    const shut: Sink = { id: 'shut', write: () => opened, close: async () => undefined }
    const sources = Array.from({ length: 8 }, () =>
      sourceOf(Array.from({ length: 9 }, () => [seen('9.9.9.9')])),
    )
    const given = (): number => sources.reduce((sum, source) => sum + source.given, 0)
    const { pipeline, clock } = pipelineOf([shut])
    const runs = sources.map((source) => pipeline.run(source, never, never))
    for (let turn = 0; turn < 50; turn++) await clock.advance(0)
    // Sixteen are worked on; each source that is not full has one more in its hand.
    expect(given()).toBeGreaterThanOrEqual(16)
    expect(given()).toBeLessThanOrEqual(16 + 8)
    open?.()
    await Promise.all(runs)
    expect(given()).toBe(72)
  })

  it('does not acknowledge what was given up at the deadline', async () => {
    const refusing = recordingSink('refusing', Number.POSITIVE_INFINITY)
    const source = sourceOf([[seen('9.9.9.9')]])
    const { pipeline, clock } = pipelineOf([refusing])
    const working = new AbortController()
    const done = pipeline.run(source, never, working.signal)
    await clock.advance(0)
    working.abort()
    await done
    expect(source.acked).toEqual([])
  })

  it('keeps an alert that cannot be examined as a dead letter, says so, and goes on behind it', async () => {
    const sink = recordingSink('log')
    const source = sourceOf([[seen('throw'), seen('9.9.9.9')]])
    const { pipeline, telemetry, deadLetters } = pipelineOf([sink])
    await pipeline.run(source, never, never)
    expect([sink.got[0]?.matches.length, source.acked]).toEqual([1, [0]])
    expect(deadLetters.letters).toMatchObject([
      { reason: 'analysis', alert: { body: { data: { ip: 'throw' } } } },
    ])
    expect(telemetry.lines).toContainEqual(
      expect.objectContaining({ error: 'a defect', file: '/var/ossec/logs/alerts/alerts.json' }),
    )
  })

  it('reports every match when the store fails: twice perhaps, never not at all', async () => {
    const broken: Store = {
      get: refuse,
      set: refuse,
      claim: refuse,
      delete: refuse,
      scan: async function* () {},
      count: async () => 0,
      close: async () => undefined,
    }
    const sink = recordingSink('log')
    const source = sourceOf([[seen('9.9.9.9')], [seen('9.9.9.9', { agent: { id: '2', name: 'b' } })]])
    await pipelineOf([sink], { store: broken }).pipeline.run(source, never, never)
    expect(sink.got.flatMap(({ matches }) => matches)).toHaveLength(2)
    expect(source.acked).toEqual([0, 1])
  })

  it('acknowledges only after the window is stored', async () => {
    const order: string[] = []
    const clock = manualClock()
    const memory = createMemoryStore({ clock, maxEntries: 10 })
    const store: Store = {
      ...memory,
      set: async (key, value, ttlMs) => {
        await memory.set(key, value, ttlMs)
        order.push('stored')
      },
    }
    const source = sourceOf([[seen('9.9.9.9')]])
    source.acked.push = (...items: number[]) => {
      order.push('acknowledged')
      return items.length
    }
    await pipelineOf([recordingSink('log')], { store }).pipeline.run(source, never, never)
    expect(order).toEqual(['stored', 'acknowledged'])
  })

  it('hears at once of an examination that was ended, while an earlier batch still holds the turn', async () => {
    const unheard: unknown[] = []
    const hear = (error: unknown): void => void unheard.push(error)
    process.on('unhandledRejection', hear)
    const stuck = createLatch()
    const get = () => stuck.opened.then(() => undefined)
    const store = { ...createMemoryStore({ clock: manualClock(), maxEntries: 10 }), get }
    const { pipeline } = pipelineOf([recordingSink('log')], {
      store,
      blocks: { examine: endedExamination, mayKnow: () => false },
    })
    const block = { bytes: Buffer.from('{}\n'), maxLineBytes: 10 } as unknown as LineBlock
    const source: Source = {
      id: 'test',
      read: async function* () {
        yield { alerts: [seen('9.9.9.9')], ack: () => undefined }
        yield { alerts: [], block, ack: () => undefined }
      },
      close: async () => undefined,
    }
    const ended = pipeline.run(source, never, never).then(
      () => 'well',
      (error: unknown) => String(error),
    )
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    stuck.open()
    expect(await ended).toBe('Error: The examination was ended')
    process.off('unhandledRejection', hear)
    expect(unheard).toEqual([])
  })

  it('opens its sources but works on nothing before the indicators are there', async () => {
    let open: ((ready: boolean) => void) | undefined
    const ready = new Promise<boolean>((resolve) => {
      open = resolve
    })
    const sink = recordingSink('log')
    const source = sourceOf([[seen('9.9.9.9')]])
    const { pipeline, clock } = pipelineOf([sink], { ready })
    const done = pipeline.run(source, never, never)
    await clock.advance(0)
    expect([source.given, sink.calls]).toEqual([1, 0])
    open?.(true)
    await done
    expect([source.acked, sink.calls]).toEqual([[0], 1])
  })

  it('acknowledges nothing when it stops before the indicators are there', async () => {
    const source = sourceOf([[seen('9.9.9.9')]])
    await pipelineOf([recordingSink('log')], { ready: Promise.resolve(false) }).pipeline.run(
      source,
      never,
      never,
    )
    expect(source.acked).toEqual([])
  })

  it('ends with the error of a sink that can never work again', async () => {
    const gone: Sink = {
      id: 'stdout',
      write: () => Promise.reject(new AppError('SINK_CLOSED', 'the reader has gone')),
      close: async () => undefined,
    }
    const source = sourceOf([[seen('9.9.9.9')]])
    await expect(pipelineOf([gone]).pipeline.run(source, never, never)).rejects.toMatchObject({
      code: 'SINK_CLOSED',
    })
    expect(source.acked).toEqual([])
  })
})
