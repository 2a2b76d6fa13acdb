import type { Alert } from '../../core/alert.ts'
import { fieldAt, textAt } from './alert-field.ts'
import {
  addressesOfAnswers,
  addressesOfResults,
  commandUrls,
  firstGlobal,
  firstSha256,
  type LookedUp,
} from './dispatch-values.ts'

export interface DispatchRow {
  /** Names the row in `docs/custom-opencti.md`. */
  readonly name: string
  /** One rule group of the alert begins so. Open at the end, as the script has it: `sysmon_eid11…` is a row of hashes. */
  readonly group: RegExp
  /** A second group that the alert must have. */
  readonly and?: RegExp
  /** Undefined: nothing is looked up, in other rows neither. */
  readonly read: (alert: Alert) => readonly LookedUp[] | undefined
}

const EVENT_DATA = 'data.win.eventdata'

/** What `custom-opencti` (0.3.0) looks up, by the groups of the alert's rule: the first row that applies, and only that. */
export const DISPATCH: readonly DispatchRow[] = [
  {
    name: 'sysmon-hash',
    group: /^sysmon_(?:(?:event_?|eid)(?:1|6|7|15|23|24|25)|process-anomalies)/,
    read: (alert) => hash(firstSha256(textAt(alert, `${EVENT_DATA}.hashes`))),
  },
  {
    name: 'sysmon-network',
    group: /^sysmon_(?:event|eid)3/,
    read: (alert) => firstGlobal([textAt(alert, `${EVENT_DATA}.destinationIp`)]),
  },
  { name: 'ids', group: /^ids$/, read: readIds },
  {
    name: 'sysmon-dns',
    group: /^sysmon_(?:event_|eid)22/,
    read: (alert) => {
      const results = fieldAt(alert, `${EVENT_DATA}.queryResults`)
      if (typeof results !== 'string') return undefined
      return named(textAt(alert, `${EVENT_DATA}.queryName`), addressesOfResults(results))
    },
  },
  {
    name: 'syscheck',
    group: /^syscheck_file$/,
    and: /^syscheck_entry_(?:added|modified)$/,
    read: (alert) => hash(textAt(alert, 'syscheck.sha256_after')),
  },
  {
    name: 'osquery',
    group: /^osquery(?:_file)?$/,
    read: (alert) => hash(textAt(alert, 'data.osquery.columns.sha256')),
  },
  {
    name: 'audit-command',
    group: /^audit_command$/,
    read: (alert) => {
      const urls = commandUrls(fieldAt(alert, 'data.audit.execve'))
      return urls.length === 0 ? undefined : urls.map((value) => ({ type: 'url', value }))
    },
  },
]

/** Packetbeat's DNS queries, and whatever else an intrusion detection says of two addresses. */
function readIds(alert: Alert): readonly LookedUp[] | undefined {
  if (fieldAt(alert, 'data.method') === 'QUERY' && fieldAt(alert, 'data.dns') !== undefined)
    return named(
      textAt(alert, 'data.dns.question.name'),
      addressesOfAnswers(fieldAt(alert, 'data.dns.answers')),
    )
  const destination = textAt(alert, 'data.dest_ip') ?? textAt(alert, 'data.dstip')
  const source = textAt(alert, 'data.src_ip') ?? textAt(alert, 'data.srcip')
  return firstGlobal([destination, source])
}

function named(name: string | undefined, addresses: readonly LookedUp[]): readonly LookedUp[] | undefined {
  return name === undefined ? undefined : [{ type: 'domain', value: name }, ...addresses]
}

function hash(value: string | undefined): readonly LookedUp[] | undefined {
  return value === undefined ? undefined : [{ type: 'sha256', value }]
}
