import type { EpochMs } from '../core/alert.ts'
import { errorText } from '../core/errors.ts'
import type { Match } from '../core/match.ts'
import type { Batch, Delivery, Sink, Source } from '../core/ports.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** What hands a delivery to the sinks, and says whether they have accepted it. */
type Deliver = (delivery: Delivery, signal: AbortSignal) => Promise<boolean>

/** Looks on while alerts go through: nothing is changed, held up or kept. */
export interface Watch {
  sources(sources: readonly Source[]): readonly Source[]
  sinks(sinks: readonly Sink[]): readonly Sink[]
  deliver(deliver: Deliver): Deliver
  /** Time of the alert read last, by source. */
  readonly lastAlerts: ReadonlyMap<string, EpochMs>
}

export interface WatchOptions {
  /** Is told of matches that the sinks have accepted; must not throw. */
  readonly onDelivered: (matches: readonly Match[]) => void
  /** Whether alerts wait for a sink that does not accept. */
  readonly isRequired: (sink: string) => boolean
}

export function createWatch(telemetry: Telemetry, { onDelivered, isRequired }: WatchOptions): Watch {
  const lastAlerts = new Map<string, EpochMs>()
  return {
    lastAlerts,
    sources: (sources) => sources.map((source) => watchedSource(source, telemetry, lastAlerts)),
    sinks: (sinks) => sinks.map((sink) => watchedSink(sink, isRequired(sink.id), telemetry)),
    deliver: (deliver) => async (delivery, signal) => {
      const accepted = await deliver(delivery, signal)
      if (accepted && delivery.matches.length > 0) {
        tellDelays(delivery.matches, telemetry)
        onDelivered(delivery.matches)
      }
      return accepted
    },
  }
}

function watchedSource(source: Source, telemetry: Telemetry, lastAlerts: Map<string, EpochMs>): Source {
  const { metrics, clock } = telemetry
  const { id } = source
  const watchedBatch = (batch: Batch): Batch => {
    const began = clock.monotonic()
    const time = batch.block === undefined ? (batch.alerts.at(-1)?.time ?? 0) : batch.block.lastTime()
    if (time > 0) lastAlerts.set(id, time)
    return {
      ...batch,
      ack: () => {
        metrics.observe('batch_seconds', (clock.monotonic() - began) / 1000, { source: id })
        batch.ack()
      },
    }
  }
  return {
    ...source,
    async *read(signal) {
      for await (const batch of source.read(signal)) yield watchedBatch(batch)
    },
  }
}

function watchedSink(sink: Sink, isRequired: boolean, { health }: Telemetry): Sink {
  const component = `sink ${sink.id}`
  const troubled = isRequired ? 'failed' : 'degraded'
  health?.set(component, 'write', 'ok')
  return {
    ...sink,
    write: async (delivery, signal) => {
      try {
        await sink.write(delivery, signal)
        health?.set(component, 'write', 'ok')
      } catch (error) {
        if (!signal.aborted)
          health?.set(component, 'write', troubled, `it does not accept matches: ${errorText(error)}`)
        throw error
      }
    },
  }
}

function tellDelays(matches: readonly Match[], { metrics, clock }: Telemetry): void {
  const now = clock.now()
  for (const { alert, delayedSince } of matches) {
    if (delayedSince !== undefined || alert.time === 0) continue
    metrics.observe('match_delay_seconds', Math.max(0, now - alert.time) / 1000)
  }
}
