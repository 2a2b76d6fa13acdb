import { openOffline } from '../app/offline.ts'
import { isBrokenPipe, outputError } from '../app/output-error.ts'
import { indicatorRecord } from '../app/results.ts'
import { examine, readAlerts } from '../app/scan.ts'
import { jsonLine, printable } from '../core/text.ts'
import type { MatchedIndicator } from '../core/match.ts'
import type { Analysis, Judged } from '../pipeline/analyse.ts'
import type { Policy } from '../pipeline/policy.ts'
import { createInputReport } from './input-report.ts'
import type { IntelOptions } from './feed-option.ts'
import { EXIT, type CommandIo } from './io.ts'
import { configFor, hasIndicators, quietTelemetry, tellUnanswered } from './shared.ts'
import { indicatorLine, unansweredText } from './text.ts'

export interface ExplainOptions extends IntelOptions {
  readonly json?: true
}

export async function explainAlerts(file: string, options: ExplainOptions, io: CommandIo): Promise<void> {
  const config = await configFor(options, io)
  const telemetry = quietTelemetry(io)
  const offline = await openOffline({ config, telemetry, signal: io.signal })
  hasIndicators(offline, io)
  const report = createInputReport(io)
  const format = options.json === true ? jsonOf : textOf
  try {
    for await (const alerts of readAlerts({
      config,
      files: [file],
      stdin: io.stdin,
      telemetry,
      signal: io.signal,
      onRead: report.tell,
    })) {
      const { analyses, unanswered } = await examine(alerts, offline, io.signal)
      if (!tellUnanswered(unanswered, io)) io.setExitCode(EXIT.failure)
      const text = analyses.map((analysis) => format(analysis, offline.policy)).join('')
      if (text !== '') await write(io, text)
    }
    if (io.signal.aborted || !report.complete()) io.setExitCode(EXIT.failure)
  } catch (error) {
    if (!isBrokenPipe(error)) throw error
  } finally {
    await offline.close()
  }
}

function write({ stdout }: CommandIo, text: string): Promise<void> {
  return new Promise((resolve, reject) =>
    stdout.write(text, (cause) => (cause ? reject(outputError(cause)) : resolve())),
  )
}

/** `matches` are what would be reported; `held` is what is known and does not count, with the reasons. */
function jsonOf({ alert, dropped, judged }: Analysis, policy: Policy): string {
  const observables = judged.map(({ observable, excluded, unanswered }) => ({
    type: observable.type,
    value: observable.value,
    where: observable.where,
    ...(observable.derived === true ? { derived: true } : {}),
    ...(excluded === undefined ? {} : { excluded }),
    ...(unanswered === undefined ? {} : { unanswered: unanswered.map(({ provider }) => provider) }),
  }))
  const counts = ({ heldBy }: MatchedIndicator): boolean => heldBy === undefined || policy.flags(heldBy)
  const recordOf = (found: MatchedIndicator): object => {
    const because = policy.detail(found)
    return { ...indicatorRecord(found), ...(because === undefined ? {} : { held_because: because }) }
  }
  const entries = judged.map(({ observable, indicators, suppressedBy }) => ({
    observable: { type: observable.type, value: observable.value },
    matched: suppressedBy.length === 0 ? indicators.filter(counts) : [],
    held: suppressedBy.length === 0 ? indicators.filter((found) => !counts(found)) : indicators,
    suppressedBy,
  }))
  const matches = entries
    .filter(({ matched }) => matched.length > 0)
    .map(({ observable, matched }) => ({ observable, indicators: matched.map(recordOf) }))
  const held = entries
    .filter((entry) => entry.held.length > 0)
    .map((entry) => ({
      observable: entry.observable,
      ...(entry.suppressedBy.length === 0 ? {} : { suppressed_by: entry.suppressedBy }),
      indicators: entry.held.map(recordOf),
    }))
  const record = {
    id: alert.id,
    ...(dropped === undefined ? {} : { dropped }),
    observables,
    matches,
    ...(held.length === 0 ? {} : { held }),
  }
  return `${jsonLine(record)}\n`
}

function textOf({ alert, dropped, judged, overflow }: Analysis, policy: Policy): string {
  const lines = [
    `alert ${alert.id || '(no id)'}  rule ${alert.ruleId} level ${alert.level}  agent ${alert.agent.id} ${alert.agent.name}`,
  ]
  if (dropped !== undefined)
    lines.push('  not examined: it was caused by Tripline or another threat-intelligence integration')
  else if (judged.length === 0) lines.push('  no observables')
  for (const each of judged) lines.push(...linesOf(each, policy))
  if (overflow > 0) lines.push(`  ${overflow} more observables are beyond extract.maxObservables`)
  return `${lines.map((line) => printable(line)).join('\n')}\n\n`
}

function linesOf(judged: Judged, policy: Policy): readonly string[] {
  const { observable, excluded, indicators, suppressedBy, unanswered } = judged
  const head = `  ${observable.type.padEnd(7)} ${observable.value}  at ${observable.where.join(', ')}`
  const open = (unanswered ?? []).map((each) => `          not answered by ${unansweredText(each)}`)
  if (indicators.length === 0 && open.length > 0) return [head, ...open]
  if (indicators.length === 0)
    return [head, `          ${verdictWithout(observable.derived === true, excluded)}`]
  const held = suppressedBy.length === 0 ? 'MATCH' : `held back: ${suppressedBy.join(', ')}`
  const about = indicators.map((found) => `            ${indicatorLine(found, policy)}`)
  return [head, `          ${held}`, ...about, ...open]
}

function verdictWithout(derived: boolean, excluded: string | undefined): string {
  if (excluded === 'allow-list' || excluded === 'empty-file') return `never reported: ${excluded}`
  if (excluded !== undefined) return `not looked up: ${excluded}`
  return derived ? 'matched through its URL' : 'no indicator'
}
