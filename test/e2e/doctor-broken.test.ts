import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { startFakeOpenCti } from '../support/fake-opencti/fake-opencti.ts'
import { closeReceivers } from '../support/receiver.ts'
import { AS_NOBODY } from '../support/unprivileged.ts'
import { troubles, useDoctorWorld, type Healthy } from './doctor-world.ts'
import type { Settings } from './workspace.ts'

const world = useDoctorWorld()

/** The number of a group that is on every Linux, and that nobody is in. */
const DAEMON = 1

type Broken = readonly [what: string, line: string | RegExp, breaks: (settings: Healthy) => Settings]

const withMisp = (settings: Healthy, changes: object): Settings => ({
  ...settings,
  providers: { misp: { ...(settings.providers['misp'] as object), ...changes } },
})

const keyed = (settings: Healthy, key: string): Healthy => {
  writeFileSync(world.workspace.path('misp.key'), key)
  return settings
}

/** Each breaks one thing: the line that tells it, and the exit code that goes with it. */
const BROKEN: readonly Broken[] = [
  [
    'a status page without its certificate',
    /^status-page fail: http\.tls\.certFile: .*absent\.pem/,
    (settings) => {
      const absent = world.workspace.path('absent.pem')
      return { ...settings, http: { token: 'x', tls: { certFile: absent, keyFile: absent } } }
    },
  ],
  [
    'an alert file that is not there, while alerts.log grows',
    /^alerts-access fail: is not there, though Wazuh writes alerts\.log/,
    (settings) => {
      rmSync(world.wazuh.alerts.path)
      writeFileSync(world.wazuh.path('logs/alerts/alerts.log'), '** Alert\n')
      return settings
    },
  ],
  [
    'JSON output that was switched off',
    /^wazuh-settings fail: jsonout_output is no/,
    (settings) => {
      world.wazuh.conf({ jsonout: 'no' })
      return settings
    },
  ],
  [
    'an alert file that is written no more, while alerts.log grows',
    /^alerts-age fail: .*JSON output is off/,
    (settings) => {
      utimesSync(world.wazuh.alerts.path, new Date(Date.now() - 7_200_000), new Date(Date.now() - 7_200_000))
      writeFileSync(world.wazuh.path('logs/alerts/alerts.log'), '** Alert\n')
      return settings
    },
  ],
  [
    'the text log in place of the JSON one',
    /^alerts-format fail: none of the last 3 lines is JSON/,
    (settings) => {
      const file = world.workspace.file('alerts.log', '** Alert 1:\nuser logged in\nanother line\n')
      return { ...settings, sources: { wazuh: { type: 'wazuh-file', files: [file] } } }
    },
  ],
  [
    'a zone that is wrong',
    /^alerts-clock warn: .* 3 h ahead of .*wrong zone/,
    (settings) => {
      world.wazuh.alert({ query: 'a.example.net' }, new Date(Date.now() + 3 * 3_600_000))
      return settings
    },
  ],
  [
    'a copy of the alert file',
    /^alerts-rotation warn: it is no link to a dated file/,
    (settings) => {
      mkdirSync(world.workspace.path('copy'))
      const file = world.workspace.file('copy/alerts.json', readFileSync(world.wazuh.alerts.path, 'utf8'))
      return { ...settings, sources: { wazuh: { type: 'wazuh-file', files: [file] } } }
    },
  ],
  [
    'a log_alert_level that is too high',
    /^wazuh-settings warn: log_alert_level is 10/,
    (settings) => {
      world.wazuh.conf({ level: 10 })
      return settings
    },
  ],
  [
    'a manager that is stopped',
    /^wazuh-running warn: wazuh-analysisd does not run/,
    (settings) => {
      rmSync(world.wazuh.path(`var/run/wazuh-analysisd-${process.pid}.pid`))
      return settings
    },
  ],
  [
    'a manager that was not started since the machine was',
    /^wazuh-running warn: wazuh-analysisd does not run: process \d+ is another one by now/,
    (settings) => {
      utimesSync(world.wazuh.path(`var/run/wazuh-analysisd-${process.pid}.pid`), 1e9, 1e9)
      return settings
    },
  ],
  [
    'rules that are not there',
    /^wazuh-rules fail: none of the rules/,
    (settings) => {
      for (const name of readdirSync(world.wazuh.path('etc/rules')))
        rmSync(world.wazuh.path(`etc/rules/${name}`))
      return settings
    },
  ],
  [
    'rules of an older version',
    /^wazuh-rules warn: rules of this version are missing: 119622/,
    (settings) => {
      const file = world.wazuh.path('etc/rules/tripline_rules.xml')
      const time = statSync(file).mtime
      writeFileSync(file, readFileSync(file, 'utf8').replace('id="119622"', 'id="119699"'))
      utimesSync(file, time, time)
      return settings
    },
  ],
  [
    'rules that stand twice',
    /^wazuh-rules fail: rule 100620.* is there twice/,
    (settings) => {
      writeFileSync(
        world.wazuh.path('etc/rules/own.xml'),
        '<group name="m,"><rule id="100620" level="3"></rule></group>',
      )
      return settings
    },
  ],
  [
    'rules that Wazuh leaves out',
    /^wazuh-rules fail: Wazuh does not load it/,
    (settings) => {
      world.wazuh.conf({
        more: '<ossec_config><ruleset><rule_exclude>etc/rules/tripline_rules.xml</rule_exclude></ruleset></ossec_config>',
      })
      return settings
    },
  ],
  [
    'no <localfile>',
    /^wazuh-localfile fail: no <localfile> in /,
    (settings) => ({
      ...settings,
      sinks: { wazuh: { type: 'wazuh-log', path: world.workspace.path('events.json') } },
    }),
  ],
  [
    'a queue that nobody reads',
    /^wazuh-queue fail: nobody reads it \(ECONNREFUSED\)/,
    (settings) => {
      closeReceivers()
      return settings
    },
  ],
  [
    'a queue that is not there',
    /^wazuh-queue warn: .* is not there/,
    (settings) => {
      closeReceivers()
      rmSync(world.wazuh.socket)
      return settings
    },
  ],
  [
    'a script that looks alerts up beside Tripline',
    /^wazuh-integrations warn: looks alerts up by itself/,
    (settings) => {
      writeFileSync(world.wazuh.path('integrations/custom-misp'), '#!/usr/bin/env python3\n', { mode: 0o750 })
      world.wazuh.conf({
        more: '<ossec_config><integration><name>custom-misp</name></integration></ossec_config>',
      })
      return settings
    },
  ],
  [
    'events that Wazuh has dropped',
    /^wazuh-log warn: analysisd has dropped events/,
    (settings) => {
      writeFileSync(
        world.wazuh.path('logs/ossec.log'),
        '2026/11/22 10:00:00 wazuh-analysisd: WARNING: Input queue is full.\n',
      )
      return settings
    },
  ],
  [
    'a key that MISP refuses',
    /^platforms fail: MISP refuses the key/,
    (settings) => keyed(settings, 'x'.repeat(40)),
  ],
  [
    'a key that may add no sightings',
    /^platforms fail: sightings are enabled, but the key may not add any/,
    (settings) => withMisp(keyed(settings, world.misp.keys.ro), { sightings: { enabled: true } }),
  ],
  [
    'a MISP that hangs',
    /^platforms fail: .*did not answer to the end within 2s/,
    (settings) => {
      world.misp.setFault('hang')
      return settings
    },
  ],
  [
    'a MISP whose clock is wrong',
    /^latency warn: its clock is 10 min ahead/,
    (settings) => {
      world.misp.setFault('clock-skew', { seconds: 600 })
      return settings
    },
  ],
  [
    'a feed that is not there',
    /^feeds fail: .*missing\.txt/,
    (settings) => ({
      ...settings,
      providers: { feeds: { type: 'feed', feeds: [{ path: world.workspace.path('missing.txt') }] } },
    }),
  ],
  [
    'a state store that is damaged',
    /^state-store fail: is not an LMDB file/,
    (settings) => {
      world.workspace.file('state/state.lmdb', 'x'.repeat(20_000))
      return settings
    },
  ],
  [
    'a state directory that is a file',
    /^state-directory fail: is no folder/,
    (settings) => ({
      ...settings,
      stateDir: world.workspace.file('not-a-folder', ''),
    }),
  ],
  [
    'a secret that everybody may read',
    /^configuration-rights warn: every user of this machine may read it, and it holds a secret/,
    (settings) => {
      chmodSync(world.workspace.path('misp.key'), 0o644)
      return settings
    },
  ],
  [
    'dead letters',
    /^dead-letters warn: 3 bytes of alerts/,
    (settings) => {
      mkdirSync(world.workspace.path('state/dead-letters'), { recursive: true })
      world.workspace.file('state/dead-letters/dead-letters-000001.jsonl', '{}\n')
      return settings
    },
  ],
]

describe('what is broken', () => {
  it.each(BROKEN)('%s is told', async (_, line, breaks) => {
    world.wazuh.startAnalysisd()
    const broken = await world.doctor(breaks(world.healthy()))
    expect(troubles(broken)).toContainEqual(expect.stringMatching(line))
    const failed = broken.all.some(({ status }) => status === 'fail')
    expect(broken.code).toBe(failed ? 1 : 0)
    expect(String(line).includes(' fail')).toBe(failed)
    const todos = broken.all.flatMap((result) => ('todo' in result ? [result.todo] : []))
    expect(todos.filter((todo) => todo.length < 10)).toEqual([])
  })

  it('a port that another program has is told', async () => {
    world.wazuh.startAnalysisd()
    const port = Number(new URL(world.misp.url).port)
    const broken = await world.doctor({ ...world.healthy(), http: { port } })
    expect(troubles(broken)).toContainEqual(expect.stringContaining('another process listens there'))
    expect(broken.code).toBe(1)
  })

  it('an alert file that the user may not read is told with the line that helps', async () => {
    if (AS_NOBODY.uid === undefined) {
      process.stderr.write('SKIPPED: only root may be somebody else, access of others is not looked at\n')
      return
    }
    world.wazuh.startAnalysisd()
    const settings = world.healthy()
    const file = world.workspace.file('tripline.yaml', stringify(settings))
    for (const path of ['.', 'tripline.yaml', 'misp.key']) chmodSync(world.workspace.path(path), 0o755)
    chmodSync(world.wazuh.path('logs/alerts'), 0o750)
    chownSync(world.wazuh.path('logs/alerts'), 0, DAEMON)
    const lacking = await world.told(['--config', file], AS_NOBODY.uid)
    const result = lacking.all.find(({ id }) => id === 'alerts-access')
    expect(result).toMatchObject({
      status: 'fail',
      seen: `user nobody may not read it: ${world.wazuh.path('logs/alerts')} is 0750 root:daemon`,
      todo: expect.stringMatching(/^usermod -aG daemon nobody, .*SupplementaryGroups=daemon/) as string,
    })
    expect(lacking.code).toBe(1)
    const asRoot = await world.told(['--config', file, '--user', 'nobody'])
    expect(asRoot.all.find(({ id }) => id === 'alerts-access')).toEqual(result)
    expect(asRoot.report.user).toBe('nobody')
    expect(troubles(asRoot)).toEqual(
      expect.arrayContaining([
        'wazuh-queue fail: user nobody may not write to it (EACCES)',
        expect.stringContaining('state-directory fail: user nobody may not write to it'),
        expect.stringContaining('outputs fail: '),
      ]),
    )
    const forOther = await world.told(['--config', file, '--user', 'daemon'], AS_NOBODY.uid)
    expect(troubles(forOther)).toContain('user fail: only root may look for user daemon; this is nobody')
  })

  it('a token that OpenCTI refuses is told', async () => {
    world.wazuh.startAnalysisd()
    const opencti = await startFakeOpenCti()
    try {
      const settings = {
        ...world.healthy(),
        providers: { cti: { type: 'opencti', url: opencti.url, token: 'not-the-token-of-anybody' } },
      }
      const broken = await world.doctor(settings)
      expect(troubles(broken)).toContainEqual(
        expect.stringContaining('platforms fail: OpenCTI refuses the token'),
      )
      expect(JSON.stringify(broken.report)).not.toContain('not-the-token-of-anybody')
    } finally {
      await opencti.close()
    }
  })
})
