import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRecord, parseJson } from '../../src/core/json.ts'
import { createLogWriter, type LogWriter } from './log-writer.ts'
import { bindReceiver, type Receiver } from './receiver.ts'
import { alertBody, firing, readRules } from './wazuh-rules.ts'

const RULES = ['tripline_rules.xml', 'tripline_opencti_rules.xml']

export interface ConfParts {
  readonly jsonout?: string
  readonly level?: number
  /** More blocks, as they are. */
  readonly more?: string
}

/** A folder as a Wazuh 4.14 manager has it, as far as Tripline looks at it. */
export interface WazuhManager {
  readonly home: string
  readonly socket: string
  readonly alerts: LogWriter
  path(name: string): string
  conf(parts?: ConfParts): void
  /** An alert of now, with these fields below `data`. */
  alert(data: object, time?: Date): void
  /** Reads the queue from now on: what a rule takes becomes an alert, as analysisd does it. */
  startAnalysisd(): Receiver
}

let numbers = 0

export function createWazuhManager(home: string): WazuhManager {
  const path = (name: string): string => join(home, name)
  for (const folder of ['etc/rules', 'logs/alerts', 'var/run', 'queue/sockets', 'integrations'])
    mkdirSync(path(folder), { recursive: true })
  for (const name of RULES) cpSync(`deploy/wazuh/rules/${name}`, path(`etc/rules/${name}`))
  writeFileSync(path('logs/ossec.log'), '2026/11/22 10:00:00 wazuh-analysisd: INFO: Started.\n')
  const conf = ({ jsonout = 'yes', level = 3, more = '' }: ConfParts = {}): void =>
    writeFileSync(
      path('etc/ossec.conf'),
      `<!-- <alerts><log_alert_level>15</log_alert_level></alerts> -->
<ossec_config>
  <global><jsonout_output>${jsonout}</jsonout_output></global>
  <alerts><log_alert_level>${level}</log_alert_level></alerts>
  <ruleset><rule_dir>ruleset/rules</rule_dir><rule_dir>etc/rules</rule_dir></ruleset>
</ossec_config>
${more}`,
    )
  conf()
  // Written when analysisd starts: later than the rules. Its process is that of the test.
  writeFileSync(path(`var/run/wazuh-analysisd-${process.pid}.pid`), `${process.pid}\n`)
  const alerts = createLogWriter(path('logs/alerts'))
  const write = (body: object): void => {
    alerts.line(JSON.stringify(body))
    alerts.flush()
  }
  const socket = path('queue/sockets/queue')
  const rules = readRules(readFileSync(`deploy/wazuh/rules/tripline_rules.xml`, 'utf8'))
  return {
    home,
    socket,
    alerts,
    path,
    conf,
    alert: (data, time = new Date()) => {
      const rule = { level: 5, description: 'Test', id: '100001', groups: ['test'] }
      const agent = { id: '001', name: 'web-1' }
      numbers += 1
      write({
        timestamp: stampOf(time),
        rule,
        agent,
        manager: { name: 'manager-1' },
        id: `${Math.floor(time.getTime() / 1000)}.${numbers}`,
        data,
        location: '/var/log/test.log',
      })
    },
    startAnalysisd: () => {
      const receiver = bindReceiver(socket, (datagram) => {
        const event = parseJson(datagram.slice(datagram.indexOf(':{') + 1))
        const rule = isRecord(event) ? firing(rules, event) : undefined
        if (isRecord(event) && rule !== undefined)
          write({ ...alertBody(rule, event, 'tripline'), timestamp: stampOf(new Date()) })
      })
      chmodSync(socket, 0o660)
      return receiver
    },
  }
}

/** As Wazuh writes times: no colon in the zone. */
function stampOf(time: Date): string {
  return time.toISOString().replace('Z', '+0000')
}
