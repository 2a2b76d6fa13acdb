import type { Alert } from '../../core/alert.ts'
import type { Batch } from '../../core/ports.ts'
import type { HeldFile, HeldFiles } from './held.ts'

/** Alerts that were read from files of a known size, on their way into batches. */
export interface ReadFile {
  readonly name: string
  readonly alerts: readonly Alert[]
  readonly bytes: number
}

export interface BatchLimits {
  readonly alerts: number
  readonly bytes: number
}

/** Files → batches: many small files share one, the alerts of one file may come in several. */
export interface Batches {
  add(file: ReadFile): Generator<Batch>
  /** What is left, however little. */
  rest(): Generator<Batch>
}

export function createBatches(held: HeldFiles, limits: BatchLimits): Batches {
  let alerts: Alert[] = []
  let files: HeldFile[] = []
  let bytes = 0

  function cut(): Batch {
    const batch = batchOf(alerts, files, held)
    alerts = []
    files = []
    bytes = 0
    return batch
  }
  return {
    *add({ name, alerts: read, bytes: size }) {
      const file = held.add(name)
      bytes += size
      for (let at = 0; at < read.length;) {
        const part = read.slice(at, at + limits.alerts - alerts.length)
        alerts.push(...part)
        at += part.length
        file.open += 1
        files.push(file)
        // Before the last batch of the file is out: it may be acknowledged at once.
        if (alerts.length >= limits.alerts || bytes >= limits.bytes) yield cut()
      }
      held.release(file)
    },
    *rest() {
      if (alerts.length > 0) yield cut()
    },
  }
}

function batchOf(alerts: readonly Alert[], files: readonly HeldFile[], held: HeldFiles): Batch {
  let acked = false
  return {
    alerts,
    ack: () => {
      if (acked) return
      acked = true
      for (const file of files) held.release(file)
    },
  }
}
