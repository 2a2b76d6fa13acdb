import type { LineBlock } from '../core/line-block.ts'
import type { Match, ParsedAlert, ParsedLine } from '../core/match.ts'
import type { ProbeRange, Probes } from '../core/probes.ts'
import { newBatchCounts, type BatchCounts } from '../telemetry/events/pipeline.ts'
import { analyseAlert, count, matchesOf, type ExaminingParts, type Found } from './batch.ts'
import { fromObservableCode, partOf, probeRangeOf, type LineFindings } from './line-findings.ts'
import type { FailedAlert } from './online.ts'

export interface BlockParts {
  /** `examineLines`, on whatever thread. */
  readonly examine: (bytes: Uint8Array, maxLineBytes: number) => Promise<LineFindings>
  /** Whether the mirror may know something of an alert, `Mirror.mayKnow`. */
  readonly mayKnow: (probes: Probes, range: ProbeRange) => boolean
}

interface Reading extends ExaminingParts, Pick<BlockParts, 'mayKnow'> {}

interface Taken {
  readonly counts: BatchCounts
  readonly parsed: (ParsedAlert | ParsedLine)[]
  readonly matches: Match[]
  readonly failed: FailedAlert[]
}

/**
 * What a block of lines gives, in their order. A line of which the findings tell everything is counted and its text passed on; all
 * others, and those the mirror may know something of, go the way of every alert.
 */
export function readFindings(block: LineBlock, findings: LineFindings, parts: Reading): Found {
  const taken: Taken = { counts: newBatchCounts(), parsed: [], matches: [], failed: [] }
  let plain = 0
  let done = 0
  for (const [entry, start] of findings.starts.entries()) {
    // Left for later, together with the lines behind it that are no entries.
    if (parts.mayKnow(findings, probeRangeOf(findings, entry))) continue
    if (start > done) takeAlerts(block.alertsOf(done, start), parts, taken)
    plain += 1
    takePlain(findings, entry, parts, taken)
    done = (findings.ends[entry] ?? start) + 1
  }
  const end = block.bytes.length
  if (end > done) takeAlerts(block.alertsOf(done, end), parts, taken)
  block.counted(plain)
  const { counts, parsed, matches, failed } = taken
  parts.events.batchAnalysed(counts)
  return { delivery: { parsed, matches }, failed }
}

function takePlain(
  findings: LineFindings,
  entry: number,
  { dedup }: Reading,
  { counts, parsed }: Taken,
): void {
  if (!dedup.isNewDigest(findings.digests[entry] ?? 0n)) {
    counts.duplicates += 1
    return
  }
  counts.processed += 1
  const [first, last] = partOf(findings.observableEnds, entry)
  for (let at = first; at < last; at += 1) {
    const { type, excluded } = fromObservableCode(findings.observables[at] ?? 0)
    if (type !== undefined) count(counts.observables, type)
    if (excluded !== undefined) count(counts.excluded, excluded)
  }
  const [begin, end] = partOf(findings.textEnds, entry)
  if (end > begin) parsed.push({ line: findings.text.slice(begin, end) })
}

function takeAlerts(
  alerts: ReturnType<LineBlock['alertsOf']>,
  parts: Reading,
  { counts, parsed, matches, failed }: Taken,
): void {
  for (const alert of alerts) {
    // One alert that cannot be examined must not stop the ones behind it.
    try {
      const analysis = analyseAlert(alert, parts, counts)
      if (analysis === undefined || analysis.judged.length === 0) continue
      parsed.push({ alert, observables: analysis.judged.map(({ observable }) => observable) })
      matches.push(...matchesOf(analysis, counts, parts))
    } catch (error) {
      failed.push({ alert, error })
    }
  }
}
