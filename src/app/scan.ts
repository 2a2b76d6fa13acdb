import type { Readable } from 'node:stream'
import type { Config } from '../config/schema.ts'
import type { Alert } from '../core/alert.ts'
import { AppError } from '../core/errors.ts'
import type { Match } from '../core/match.ts'
import { toMatch, type Analysis } from '../pipeline/analyse.ts'
import { createDecoder } from '../sources/decode.ts'
import { streamConfig } from '../sources/stream/config.ts'
import type { StreamOutcome } from '../sources/stream/outcome.ts'
import { createStreamSource, type Progress } from '../sources/stream/stream.ts'
import { createLogger } from '../telemetry/logger.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { about } from './about.ts'
import type { Offline } from './offline.ts'

export type { StreamOutcome }

export interface AlertInput {
  readonly config: Config
  readonly files: readonly string[]
  readonly stdin: Readable
  readonly telemetry: Telemetry
  readonly signal: AbortSignal
  readonly onProgress?: (file: string, progress: Progress) => void
  /** Called when a file was read to its end: what of it gave no alert is not said otherwise. */
  readonly onRead?: (file: string, outcome: StreamOutcome) => void
}

/** The alerts of files (`-`: standard input), in order, in batches. Rejects with SOURCE_MISSING or SOURCE_UNREADABLE. */
export async function* readAlerts(input: AlertInput): AsyncGenerator<readonly Alert[]> {
  const { files, stdin, signal, onProgress, onRead } = input
  const telemetry = { ...input.telemetry, logger: createLogger({ level: 'silent' }) }
  const decode = await createDecoder({ digests: false })
  for (const file of files) {
    const source = createStreamSource({
      id: 'scan',
      config: streamConfig.parse({ type: 'stream', file }),
      decode,
      telemetry,
      stdin,
      ...(onProgress === undefined ? {} : { onProgress: (progress) => onProgress(file, progress) }),
    })
    try {
      for await (const batch of source.read(signal)) yield batch.alerts
      if (signal.aborted) return
      onRead?.(file, source.outcome())
    } catch (error) {
      throw error instanceof AppError ? about(file, error) : error
    } finally {
      await source.close()
    }
  }
}

export interface Examined {
  readonly analyses: readonly Analysis[]
  /** Alerts for which a provider could not be asked about everything. */
  readonly unanswered: number
}

/** What is known of some alerts, from feeds and from providers that are asked. */
export async function examine(
  alerts: readonly Alert[],
  { analyse, askOnline }: Offline,
  signal: AbortSignal,
): Promise<Examined> {
  const { analyses, unanswered } = await askOnline(
    alerts.map((alert) => analyse(alert)),
    signal,
  )
  const open = new Set([...unanswered.values()].flatMap((pending) => pending.map(({ alert }) => alert)))
  return { analyses, unanswered: open.size }
}

/** Every match of some alerts, without suppression: a scan answers for each alert by itself. */
export function matchesOf(
  analyses: readonly Analysis[],
  offline: Offline,
  now: number,
): { readonly matches: readonly Match[]; readonly observables: number } {
  const matches: Match[] = []
  let observables = 0
  for (const analysis of analyses) {
    observables += analysis.judged.length
    for (const judged of analysis.judged) {
      const match = toMatch(analysis, judged, offline.policy, now)
      if (match !== undefined) matches.push(match)
    }
  }
  return { matches, observables }
}
