import { sampleAlert } from '../alerts/alerts.ts'
import { drive, type Driven } from '../drive.ts'
import { garbageCollector } from '../../../core/collect-garbage.ts'
import { judgeHeap, type HeapSample } from '../measure/heap.ts'
import { startUsage, type Range } from '../measure/usage.ts'
import { openPath, type AlertPath } from '../path.ts'
import type { Ending, ResultOf } from '../schema.ts'
import { judgement, unansweredFaults, type SuiteContext } from './context.ts'

/** Samples of the heap, at equal distances: collecting garbage for each takes longer than some alerts do. */
const MOST_SEGMENTS = 20
const LEAST_SEGMENT = 50
/** At the end: connections that are about to be closed, and what the engine itself opens. */
const MOST_DESCRIPTORS = 10

/** What a long run takes, and whether that grows. */
export async function resourcesSuite(context: SuiteContext): Promise<ResultOf<'resources'>> {
  const { plan, subject, clock } = context
  const started = clock.monotonic()
  const collect = garbageCollector()
  // With values that come back the caches are full after the first round; with new ones they have to be small.
  const path = await openPath(subject, Number.isFinite(plan.resourceValues) ? {} : { smallCaches: true })
  try {
    collect?.()
    const meter = startUsage(clock)
    const { parts, samples } = await takeSamples(context, path, collect)
    collect?.()
    const { usage, descriptors } = meter.end()
    const judged = judgeHeap(samples)
    const all = sumOf(parts)
    return {
      suite: 'resources',
      ...judgement(endingOf(parts), {
        faults: [
          ...unansweredFaults(all),
          ...(judged.verdict === 'grows' ? [growthText(judged.heap_growth_bytes_per_alert)] : []),
          ...leftOpen(descriptors),
        ],
        seconds: (clock.monotonic() - started) / 1000,
      }),
      alerts: all.alerts,
      alerts_unanswered: all.alertsUnanswered,
      ...usage,
      descriptors,
      garbage_collection: collect === undefined ? 'natural' : 'forced',
      heap_samples: [...samples],
      ...judged,
      limit_descriptors: MOST_DESCRIPTORS,
    }
  } finally {
    await path.close()
  }
}

async function takeSamples(
  { plan, clock, signal, because, onProgress }: SuiteContext,
  path: AlertPath,
  collect: (() => void) | undefined,
): Promise<{ readonly parts: readonly Driven[]; readonly samples: readonly HeapSample[] }> {
  const { seed, resourceAlerts: count, resourceValues } = plan
  const started = clock.monotonic()
  const valuesOf = (number: number): number =>
    Number.isFinite(resourceValues) ? number % resourceValues : number
  const segments = Math.min(MOST_SEGMENTS, Math.ceil(count / LEAST_SEGMENT))
  const parts: Driven[] = []
  const samples: HeapSample[] = []
  let done = 0
  for (let segment = 1; segment <= segments; segment++) {
    const from = done
    const leftMs = plan.limitMs - (clock.monotonic() - started)
    if (signal.aborted) break
    const driven = await drive({
      path,
      clock,
      signal,
      because,
      count: Math.round((count * segment) / segments) - from,
      limitMs: leftMs,
      concurrency: plan.sustainedAtOnce,
      alertAt: (number) => sampleAlert(from + number, { seed, valuesOf }),
      onAlert: (more) => onProgress(from + more, count),
    })
    parts.push(driven)
    done += driven.alerts
    collect?.()
    samples.push({ alerts: done, heap_bytes: process.memoryUsage().heapUsed })
    if (driven.ended !== 'done') break
  }
  return { parts, samples }
}

function endingOf(parts: readonly Driven[]): Ending {
  return parts.find(({ ended }) => ended !== 'done')?.ended ?? 'done'
}

function sumOf(parts: readonly Driven[]): Parameters<typeof unansweredFaults>[0] {
  const unanswered: Record<string, number> = {}
  for (const part of parts)
    for (const [reason, count] of Object.entries(part.unanswered))
      unanswered[reason] = (unanswered[reason] ?? 0) + count
  const sum = (of: (part: Driven) => number): number => parts.reduce((total, part) => total + of(part), 0)
  return {
    alerts: sum(({ alerts }) => alerts),
    observables: sum(({ observables }) => observables),
    alertsUnanswered: sum(({ alertsUnanswered }) => alertsUnanswered),
    unanswered,
  }
}

function growthText(perAlert: number): string {
  return `the heap grows by ${Math.round(perAlert).toLocaleString('en')} bytes an alert, with all garbage collected`
}

function leftOpen(descriptors: Range | null): readonly string[] {
  const more = descriptors === null ? 0 : descriptors.after - descriptors.before
  return more > MOST_DESCRIPTORS ? [`${more} more files or sockets are open than before`] : []
}
