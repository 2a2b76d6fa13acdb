import type { Alert } from '../../core/alert.ts'
import { isRecord } from '../../core/json.ts'
import { leafText, leafValue } from '../wazuh-leaf.ts'
import type { Fields } from '../wazuh-line.ts'
import { NAME, TEXT } from '../wazuh-own.ts'
import { fieldAt, objectAt } from './alert-field.ts'
import { argumentsOf } from './execve.ts'

/** Keys below `opencti.source` and where the alert has their values; copied as they are. */
const COPIED: readonly (readonly [under: string, keys: Readonly<Record<string, string>>])[] = [
  ['syscheck', { file: 'path', md5: 'md5_after', sha1: 'sha1_after', sha256: 'sha256_after' }],
  [
    'data',
    same(
      'in_iface srcintf src_ip srcip src_mac srcmac src_port srcport dest_ip dstip dst_mac dstmac dest_port dstport dstintf proto app_proto',
    ),
  ],
  ['data.win.eventdata', same('queryName queryResults image')],
  ['data.audit', same('success key uid gid euid egid exe exit pid')],
]

/** Of Suricata's `alert`. */
const SURICATA = ['action', 'category', 'signature', 'signature_id'] as const

const LONG: ReadonlySet<string> = new Set(['queryResults'])

const MAX_ANSWERS = 1000

/** Every key but `alert_id` and `rule_id`. */
export const SOURCE_KEYS: readonly string[] = [
  'execve',
  'alert',
  ...COPIED.flatMap(([, keys]) => Object.keys(keys)).toReversed(),
]

/** `opencti.source`: what the event is about, out of the alert. */
export function sourceFields(alert: Alert): Fields {
  const copied = COPIED.flatMap(([under, keys]) => {
    const object = objectAt(alert, under)
    return Object.entries(keys).map(([name, key]) => [name, own(object, key)] as const)
  })
  const suricata = objectAt(alert, 'data.alert')
  const fields = [
    ['alert_id', leafText(alert.id, NAME)],
    ['rule_id', leafText(alert.ruleId, NAME)],
    ...packetbeat(alert),
    ...copied.map(([name, value]) => [name, leafValue(value, LONG.has(name) ? 4 * TEXT : TEXT)] as const),
    ['execve', leafText(argumentsOf(fieldAt(alert, 'data.audit.execve')).join(' '), 4 * TEXT)],
    ...SURICATA.map((key) => [`alert.${key}`, leafValue(own(suricata, key), TEXT)] as const),
  ] as const
  return Object.fromEntries(
    fields.filter(([, leaf]) => leaf !== undefined).map(([name, leaf]) => [`opencti.source.${name}`, leaf]),
  )
}

/** Packetbeat's query and answers, in the words of Sysmon. */
function packetbeat(alert: Alert): readonly (readonly [string, string | undefined])[] {
  const dns = objectAt(alert, 'data.dns')
  const { name } = objectAt(alert, 'data.dns.question')
  const answers: readonly unknown[] = Array.isArray(dns['answers']) ? dns['answers'] : []
  const results = answers
    .slice(0, MAX_ANSWERS)
    .map((answer) => (isRecord(answer) ? answer['data'] : undefined))
    .filter((data) => typeof data === 'string')
  return [
    ['queryName', typeof name === 'string' ? leafText(name, TEXT) : undefined],
    ['queryResults', leafText(results.join(';'), 4 * TEXT)],
  ]
}

function own(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

function same(keys: string): Readonly<Record<string, string>> {
  return Object.fromEntries(keys.split(' ').map((key) => [key, key]))
}
