import type { BenchReport, LookUps, ResultOf, SuiteResult } from '../app/bench/schema.ts'
import { printable } from '../core/text.ts'

/** The report for people. */
export function reportText(report: BenchReport): string {
  const { suites, not_run: notRun, passed, interrupted } = report
  const failed = suites.filter((suite) => !suite.passed).map(({ suite }) => suite)
  const end = interrupted
    ? 'interrupted: what is above was measured until then'
    : passed
      ? 'all suites passed'
      : `not passed: ${[...failed, ...notRun.map(({ suite }) => suite)].join(', ')}`
  const blocks = [
    headOf(report),
    ...suites.map((suite) => blockOf(suite)),
    ...(notRun.length === 0 ? [] : [notRun.map(({ suite, reason }) => `${suite}: not run: ${reason}`)]),
    [end],
  ]
  return blocks.map((lines) => `${lines.map((line) => printable(line)).join('\n')}\n`).join('\n')
}

function headOf(report: BenchReport): readonly string[] {
  const { tripline_version: version, node_version: node, platform, cpus, against, providers } = report
  const what = against === 'fakes' ? 'built-in fakes' : 'the configured providers'
  return [
    `tripline bench ${version}, Node.js ${node}, ${platform}, ${cpus} CPUs`,
    `against ${what}${providers.length === 0 ? '' : ':'}`,
    ...providers.map(
      ({ provider, type, origin = 'read from files', requests }) =>
        `  ${provider} (${type}) ${origin}${type === 'feed' ? '' : `, ${counted(requests, 'request')}`}`,
    ),
  ]
}

function blockOf(result: SuiteResult): readonly string[] {
  const { suite, passed, duration_seconds: seconds, reasons } = result
  return [
    `${suite}: ${passed ? 'passed' : 'NOT PASSED'} (${seconds.toFixed(1)} s)`,
    ...reasons.map((reason) => `  ! ${reason}`),
    ...linesOf(result).map((line) => `  ${line}`),
  ]
}

function linesOf(result: SuiteResult): readonly string[] {
  if (result.suite === 'compatibility') return compatibilityLines(result)
  if (result.suite === 'performance') return performanceLines(result)
  if (result.suite === 'scalability') return scalabilityLines(result)
  return result.suite === 'reliability' ? reliabilityLines(result) : resourceLines(result)
}

function compatibilityLines({ providers }: ResultOf<'compatibility'>): readonly string[] {
  return providers.flatMap(({ provider, version, checks }) => {
    const names = (status: string, check: string): string =>
      checks
        .filter((each) => each.status === status && each.check === check)
        .flatMap(({ of }) => of ?? [])
        .join(' ')
    const single = checks.filter(({ of }) => of === undefined)
    return [
      `${provider}${version === undefined ? '' : ` ${version}`}: ${single.map(({ check, status }) => `${check} ${status}`).join(', ')}`,
      ...(['query', 'answer'] as const).flatMap((check) =>
        (['passed', 'failed', 'skipped'] as const).flatMap((status) => {
          const which = names(status, check)
          return which === '' ? [] : [`  ${check} ${status}: ${which}`]
        }),
      ),
    ]
  })
}

function performanceLines(result: ResultOf<'performance'>): readonly string[] {
  const { mean, p50, p95, p99 } = result.ms_per_alert
  const own = result.ms_without_providers
  return [
    row('alerts', `${whole(result.alerts)}, ${whole(result.alerts_per_second)} a second`),
    row('ms per alert', `mean ${mean}, p50 ${p50}, p95 ${p95}, p99 ${p99}`),
    row('without providers', `mean ${own.mean}, p50 ${own.p50}, p95 ${own.p95}, p99 ${own.p99}`),
    ...costLines(result),
    row('look-ups', lookUpText(result.look_ups)),
    row(
      'found',
      `${counted(result.observables, 'observable')}, ${counted(result.matches, 'match', 'matches')}`,
    ),
  ]
}

function scalabilityLines({ levels }: ResultOf<'scalability'>): readonly string[] {
  return [
    cells(['at a time', 'alerts/s', 'requests/s', 'p95 ms', 'values/request', 'unanswered']),
    ...levels.map((level) =>
      cells([
        String(level.concurrency),
        whole(level.alerts_per_second),
        String(level.requests_per_second),
        String(level.ms_per_alert.p95),
        String(level.values_per_request),
        whole(level.alerts_unanswered),
      ]),
    ),
  ]
}

function cells(values: readonly string[]): string {
  return values.map((value) => value.padStart(15)).join('')
}

function reliabilityLines(result: ResultOf<'reliability'>): readonly string[] {
  const { requests, alerts, unanswered_by_reason: reasons, alerts_unanswered: unanswered } = result
  return [
    row('alerts', `${whole(alerts)} in ${result.seconds} s, ${whole(result.alerts_per_second)} a second`),
    row(
      'requests',
      `${whole(requests.total)}, ${whole(requests.failed)} failed (${percent(result.request_error_share)})${listed(requests.by_outcome)}`,
    ),
    row(
      'unanswered',
      `${counted(unanswered, 'alert')} (${percent(result.unanswered_share)})${listed(reasons)}`,
    ),
    row('look-ups', lookUpText(result.look_ups)),
    row('limit', `${percent(result.limit_share)} of each`),
  ]
}

function resourceLines(result: ResultOf<'resources'>): readonly string[] {
  const { descriptors, heap_growth_bytes_per_alert: growth, limit_bytes_per_alert: limit } = result
  return [
    row('alerts', whole(result.alerts)),
    ...costLines(result),
    row(
      'open files',
      descriptors === null
        ? 'the system does not tell'
        : `before ${descriptors.before}, at most ${descriptors.peak}, after ${descriptors.after}`,
    ),
    row(
      'heap growth',
      `${result.verdict}: ${growth} bytes an alert over ${whole(result.judged_alerts)} alerts (limit ${limit}; garbage collection ${result.garbage_collection})`,
    ),
  ]
}

type Costs = Pick<ResultOf<'performance'>, 'cpu_seconds' | 'cpu_percent_of_core' | 'rss_bytes' | 'heap_bytes'>

function costLines({
  cpu_seconds: cpu,
  cpu_percent_of_core: share,
  rss_bytes,
  heap_bytes,
}: Costs): readonly string[] {
  const range = ({ before, peak, after }: Costs['rss_bytes']): string =>
    `before ${mib(before)}, at most ${mib(peak)}, after ${mib(after)} MiB`
  return [
    row('CPU', `${cpu} s, ${share} % of a core`),
    row('memory', range(rss_bytes)),
    row('heap', range(heap_bytes)),
  ]
}

function lookUpText({ values, from_cache: cached, unanswered, cache_share: share }: LookUps): string {
  return `${counted(values, 'value')}, ${whole(cached)} from the cache (${percent(share)}), ${whole(unanswered)} unanswered`
}

function row(name: string, text: string): string {
  return `${name.padEnd(18)} ${text}`
}

function counted(number: number, word: string, words = `${word}s`): string {
  return `${whole(number)} ${number === 1 ? word : words}`
}

function whole(number: number): string {
  return Math.round(number).toLocaleString('en')
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1)
}

function listed(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts)
  return entries.length === 0
    ? ''
    : `: ${entries.map(([name, count]) => `${name} ${whole(count)}`).join(', ')}`
}
