import type { Observable } from '../../../core/observable.ts'
import type { Ask } from '../../../intel/lookup/ask.ts'
import { sumsBy } from '../../../telemetry/samples.ts'
import type { Telemetry } from '../../../telemetry/telemetry.ts'
import { valuesAt } from '../alerts/values.ts'
import { SAMPLE_TYPES } from '../subject.ts'

/** A conversation with one platform, without the layers that spare it or hide its errors. All of it rejects with AppErrors. */
export interface Talk {
  /** Whether it is there and lets us in; gives its version. */
  hello(signal: AbortSignal): Promise<string>
  readonly questions: readonly Question[]
  close(): Promise<void>
}

export interface Question {
  /** What is asked for: a type of observable, `warning-lists` … */
  readonly of: string
  readonly ask: (signal: AbortSignal) => Promise<{ readonly malformed: number }>
}

/** A look-up for each type, for a value that the fakes know. */
export function lookUpQuestions(ask: Ask, telemetry: Telemetry): readonly Question[] {
  const values = valuesAt(0, 0)
  return SAMPLE_TYPES.map((type) => {
    const term: Observable = { type, value: values[type], where: ['lookup'] }
    return {
      of: type,
      ask: async (signal) => {
        const before = await malformedRows(telemetry)
        await ask([term], signal)
        return { malformed: (await malformedRows(telemetry)) - before }
      },
    }
  })
}

async function malformedRows({ metrics }: Telemetry): Promise<number> {
  return (await sumsBy(metrics, 'provider_rows_dropped_total', 'reason')).get('malformed') ?? 0
}
