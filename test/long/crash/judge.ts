import { matchRecordSchema } from '../../../src/sinks/schema.ts'
import { parseJson } from '../../../src/core/json.ts'
import { kindOf, knownBy, lineOf, nameOf, numberOf } from './alerts.ts'
import type { Lines } from './outputs.ts'

/** All there is to judge by. */
export interface Evidence {
  /** The alerts that stood whole in the files. */
  readonly readable: ReadonlySet<number>
  readonly matched: Lines
  readonly parsed: Lines
  readonly wazuhLog: Lines
  readonly stdout: Lines
  /** Undefined without the optional dependency for Unix datagrams. */
  readonly queue: readonly string[] | undefined
  /** Names of which the MISP was told that they were seen. */
  readonly sighted: readonly string[]
}

export interface Verdict {
  readonly problems: readonly string[]
  readonly planted: number
  /** Planted alerts, or alerts, that are missing somewhere: 0 is the promise. */
  readonly lost: number
  /** Records beyond the first with the same match id, by output. */
  readonly repeats: Readonly<Record<string, number>>
  readonly torn: Readonly<Record<string, number>>
  readonly late: number
}

/** One finding in one output: which alert, which match, who knows the value. */
interface Told {
  readonly number: number
  readonly id: string
  readonly providers: readonly string[]
}

export function judge(evidence: Evidence): Verdict {
  const { readable, matched, wazuhLog, stdout, queue } = evidence
  const problems: string[] = []
  const planted = [...readable].filter((number) => knownBy(number).length > 0)
  const outputs: Record<string, readonly Told[]> = {
    'ioc-matched.log': matched.records.map((record) => toldByRecord(record, problems, 'whole')),
    stdout: stdout.records.map((record) => toldByRecord(record, problems)),
    'wazuh-log': eventsOf(wazuhLog.records),
    ...(queue === undefined ? {} : { queue: eventsOf(queue.map((text) => payloadOf(text, problems))) }),
  }
  let lost = 0
  for (const [output, told] of Object.entries(outputs)) {
    problems.push(...unfounded(output, told, readable), ...ambiguous(output, told))
    lost += tell(missing(planted, told), `${output} lacks`, problems)
  }
  const seen = new Set(evidence.parsed.records.map((record) => numberOf(String(record['alert_id']))))
  lost += tell(
    [...readable].filter((number) => !seen.has(number)),
    'ioc-parsed.log lacks',
    problems,
  )
  const sighted = new Set(evidence.sighted)
  lost += tell(
    planted.filter((number) => knownBy(number).includes('misp') && !sighted.has(nameOf(number))),
    'the MISP has no sighting of',
    problems,
  )
  return {
    problems,
    planted: planted.length,
    lost,
    repeats: Object.fromEntries(Object.entries(outputs).map(([name, told]) => [name, repeated(told)])),
    torn: {
      'ioc-matched.log': matched.torn,
      'ioc-parsed.log': evidence.parsed.torn,
      'wazuh-log': wazuhLog.torn,
    },
    late: matched.records.filter((record) => (record['match'] as { delayed?: true }).delayed === true).length,
  }
}

function toldByRecord(record: unknown, problems: string[], alerts?: 'whole'): Told {
  const { id, alert, observable, match, full_alert: full } = matchRecordSchema.parse(record)
  const number = numberOf(alert.id)
  if (observable.value !== nameOf(number))
    problems.push(`match ${id} is of ${observable.value}, not of what stands in alert ${alert.id}`)
  if (alerts === 'whole' && JSON.stringify(full) !== lineOf(number))
    problems.push(`match ${id} has another alert ${alert.id} than was written`)
  return { number, id, providers: match.providers }
}

/** Matches among events for Wazuh; the others tell of troubles with the MISP. */
function eventsOf(events: readonly Record<string, unknown>[]): readonly Told[] {
  return events.flatMap((event) => {
    const own = event['tripline'] as
      { event?: string; id?: string; providers?: string[]; provider?: string } | undefined
    const source = (event['misp'] as { source?: { alert_id?: string } } | undefined)?.source
    if (own?.event !== 'match') return []
    const providers = own.providers ?? [own.provider ?? '']
    return [{ number: numberOf(source?.alert_id ?? ''), id: own.id ?? '', providers }]
  })
}

function payloadOf(datagram: string, problems: string[]): Record<string, unknown> {
  const payload = parseJson(datagram.slice(datagram.indexOf('{')))
  if (typeof payload === 'object' && payload !== null) return payload as Record<string, unknown>
  problems.push(`a datagram is no event: ${datagram.slice(0, 80)}`)
  return {}
}

function unfounded(output: string, told: readonly Told[], readable: ReadonlySet<number>): readonly string[] {
  return told
    .filter(
      ({ number, providers }) =>
        !readable.has(number) || providers.some((provider) => !knownBy(number).includes(provider)),
    )
    .map(({ number, id }) => `${output} tells match ${id} of alert ${number}, which has none such`)
}

/** The same finding has the same id each time, and no other finding has it. */
function ambiguous(output: string, told: readonly Told[]): readonly string[] {
  const ids = new Map<string, string>()
  const findings = new Map<string, string>()
  const problems: string[] = []
  for (const { number, id, providers } of told) {
    const finding = `${number} ${providers.toSorted().join(',')}`
    if ((findings.get(id) ?? finding) !== finding || (ids.get(finding) ?? id) !== id)
      problems.push(`${output} tells alert ${finding} under more than one id, ${id} among them`)
    ids.set(finding, id)
    findings.set(id, finding)
  }
  return problems
}

/** Planted alerts for which not everybody who knows the value is named, in one record or several. */
function missing(planted: readonly number[], told: readonly Told[]): readonly number[] {
  const named = new Map<number, Set<string>>()
  for (const { number, providers } of told) {
    const all = named.get(number) ?? new Set()
    for (const provider of providers) all.add(provider)
    named.set(number, all)
  }
  return planted.filter((number) =>
    knownBy(number).some((provider) => named.get(number)?.has(provider) !== true),
  )
}

function tell(numbers: readonly number[], what: string, problems: string[]): number {
  if (numbers.length > 0) {
    const some = numbers.slice(0, 10).map((number) => `${number} (${kindOf(number)})`)
    problems.push(`${what} ${numbers.length} alerts: ${some.join(', ')}`)
  }
  return numbers.length
}

function repeated(told: readonly Told[]): number {
  return told.length - new Set(told.map(({ id }) => id)).size
}
