import { isRecord } from '../core/json.ts'
import type { Match } from '../core/match.ts'
import { clip } from '../core/text.ts'
import type { MatchRow } from '../http/page/wire.ts'
import type { RecentMatches } from '../http/recent.ts'
import type { Top } from '../http/top.ts'
import { formatMatch } from '../sinks/format.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** Of one delivery. A storm must not cost more than its matches do: making a record takes about 30 µs. */
const MAX_SHOWN = 50
/** Of texts in a row; the record has them whole. */
const MAX_TEXT = 300
/** Above this a record is kept without the whole alert. */
const MAX_RECORD = 256 * 1024

export interface MatchesTo {
  readonly recent: RecentMatches
  readonly topIndicators: Top
  readonly topAgents: Top
  readonly metrics: Telemetry['metrics']
}

/** Shows delivered matches on the status page: all of them counted, the newest of each delivery kept. */
export function showMatches(to: MatchesTo): (matches: readonly Match[]) => void {
  return (matches) => {
    for (const { observable, alert } of matches) {
      to.topIndicators.add(clip(`${observable.type} ${observable.value}`, MAX_TEXT))
      to.topAgents.add(agentOf(alert.agent))
    }
    let omitted = matches.length
    for (const match of matches.slice(-MAX_SHOWN)) {
      const record = recordOf(match)
      if (record === undefined) continue
      to.recent.add(rowOf(match), record)
      omitted -= 1
    }
    if (omitted > 0) to.metrics.count('status_matches_omitted_total', omitted)
  }
}

/** Undefined when none can be made, by a defect: the sinks tell of that, and the alerts behind it are not held up. */
function recordOf(match: Match): string | undefined {
  try {
    const whole = formatMatch(match, { fullAlert: true })
    return whole.length <= MAX_RECORD ? whole : formatMatch(match, { fullAlert: false })
  } catch {
    return undefined
  }
}

function rowOf({ id, matchedAt, observable, kind, via, indicators, alert }: Match): Omit<MatchRow, 'key'> {
  return {
    id,
    at: matchedAt,
    type: observable.type,
    value: clip(observable.value, MAX_TEXT),
    kind,
    via,
    providers: [...new Set(indicators.map(({ indicator }) => indicator.provider))],
    agent: agentOf(alert.agent),
    ruleId: clip(alert.ruleId, MAX_TEXT),
    level: alert.level,
    description: descriptionOf(alert),
  }
}

function descriptionOf({ body }: Match['alert']): string {
  const rule = body['rule']
  const text = isRecord(rule) ? rule['description'] : undefined
  return typeof text === 'string' ? clip(text, MAX_TEXT) : ''
}

function agentOf({ id, name }: Match['alert']['agent']): string {
  return clip([id, name].filter((part) => part !== '').join(' '), MAX_TEXT)
}
