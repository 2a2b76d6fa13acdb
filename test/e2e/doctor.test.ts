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
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { doctorReport, type DoctorReport, type ReportedResult } from '../../src/app/doctor/schema.ts'
import { startFakeMisp, type FakeMisp } from '../support/fake-misp/fake-misp.ts'
import { startFakeOpenCti } from '../support/fake-opencti/fake-opencti.ts'
import { closeReceivers } from '../support/receiver.ts'
import { AS_NOBODY } from '../support/unprivileged.ts'
import { createWazuhManager, type WazuhManager } from '../support/wazuh-manager.ts'
import { useWorkspace, type Settings } from './workspace.ts'

const workspace = useWorkspace()
let misp: FakeMisp
let wazuh: WazuhManager

beforeEach(async () => {
  misp = await startFakeMisp({
    events: [{ info: 'A campaign', attributes: [{ type: 'domain', value: 'evil.example.net' }] }],
  })
  wazuh = createWazuhManager(workspace.path('ossec'))
  wazuh.alert({ query: 'good.example.net' })
  wazuh.alerts.rotate('day')
  wazuh.alert({ query: 'good.example.net' })
})
afterEach(async () => {
  closeReceivers()
  wazuh.alerts.close()
  await misp.close()
})

interface Healthy extends Settings {
  readonly providers: Settings
}

/** What is right; each test breaks one thing. */
function healthy(): Healthy {
  workspace.file('bad.txt', 'evil.example.net\n')
  const keyFile = workspace.file('misp.key', misp.keys.user)
  chmodSync(keyFile, 0o640)
  mkdirSync(workspace.path('state'), { recursive: true, mode: 0o750 })
  return {
    stateDir: workspace.path('state'),
    log: { format: 'json' },
    sources: {
      wazuh: { type: 'wazuh-file', files: [wazuh.alerts.path], startAt: 'beginning', pollInterval: '20ms' },
    },
    http: { enabled: false },
    providers: {
      feeds: { type: 'feed', feeds: [{ path: workspace.path('bad.txt') }] },
      misp: { type: 'misp', url: misp.url, apiKeyFile: keyFile, timeout: '2s' },
    },
    sinks: {
      matches: { type: 'match-log', path: workspace.path('ioc-matched.log') },
      wazuh: { type: 'wazuh-queue', socket: wazuh.socket },
    },
  }
}

interface Told {
  readonly code: number | null
  readonly report: DoctorReport
  readonly all: readonly (ReportedResult & { readonly id: string })[]
}

async function doctor(settings: Settings, ...args: readonly string[]): Promise<Told> {
  const file = workspace.file('tripline.yaml', stringify(settings))
  chmodSync(file, 0o640)
  return told(['--config', file, ...args])
}

async function told(args: readonly string[], uid?: number): Promise<Told> {
  const options = uid === undefined ? {} : { uid }
  const { code, stdout, stderr } = await workspace.tripline(['doctor', '--json', ...args], options).ended
  for (const key of Object.values(misp.keys)) expect(stdout + stderr).not.toContain(key)
  expect(stderr).toBe('')
  const report = doctorReport.parse(JSON.parse(stdout))
  const all = report.checks.flatMap(({ id, results }) => results.map((result) => ({ id, ...result })))
  return { code, report, all }
}

/** What is not well, as `id status: sentence`. */
function troubles({ all }: Told): readonly string[] {
  return all
    .filter(({ status }) => status === 'warn' || status === 'fail')
    .map(({ id, status, seen }) => `${id} ${status}: ${seen}`)
}

/** Its number. */
const DAEMON = 1

/** A process that runs as root without a user `tripline` is told so. */
const EXPECTED = /^(?:user warn: there is no user|daemon warn: it does not run|kernel warn)/

function unexpected(told: Told): readonly string[] {
  return troubles(told).filter((line) => !EXPECTED.test(line))
}

function tree(folder: string): Readonly<Record<string, string>> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()
  return Object.fromEntries(
    paths.map((path) => {
      const { size, mtimeMs, uid, mode } = statSync(`${folder}/${path}`)
      return [path, `${size} ${mtimeMs} ${uid} ${mode}`]
    }),
  )
}

describe('a healthy set-up', () => {
  it('has no trouble, ends with 0, and nothing of it is changed', async () => {
    wazuh.startAnalysisd()
    const settings = healthy()
    const before = tree(workspace.path('state'))
    const well = await doctor(settings)
    expect(unexpected(well)).toEqual([])
    expect(well).toMatchObject({ code: 0, report: { ok: true } })
    expect(well.all.map(({ id, seen }) => `${id}: ${seen}`)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('rotation seen: 2 dated files'),
        expect.stringContaining('MISP 2.5.1'),
        expect.stringMatching(/^latency: a small answer takes \d+ ms/),
        expect.stringMatching(/^wazuh-queue: somebody reads it/),
        expect.stringMatching(/^pipeline: the EICAR test file and a planted name matched once each/),
      ]),
    )
    expect(tree(workspace.path('state'))).toEqual(before)
  })

  it('is told to people with groups, and progress goes nowhere but to a terminal', async () => {
    const file = workspace.file('tripline.yaml', stringify(healthy()))
    const { stdout, stderr } = await workspace.tripline(['doctor', '--config', file]).ended
    expect(stderr).toBe('')
    for (const group of ['Installation', 'Alerts', 'Threat intelligence', 'Wazuh', 'Self test'])
      expect(stdout).toContain(`\n${group}\n`)
    expect(stdout).toMatch(/\n\d+ ok, \d+ warnings?, \d+ failed, \d+ skipped in [\d.]+ s\n$/)
  })

  it('with --through-wazuh gets its test event back as an alert of a low level, and the daemon takes it for none', async () => {
    const receiver = wazuh.startAnalysisd()
    const well = await doctor(healthy(), '--through-wazuh')
    expect(well.all.find(({ id }) => id === 'through-wazuh')).toMatchObject({
      status: 'ok',
      seen: expect.stringContaining('alert of rule 119622, level 3') as string,
    })
    expect(receiver.datagrams.filter((text) => text.includes('"event":"test"'))).toHaveLength(1)
    expect(readFileSync(wazuh.alerts.path, 'utf8')).toContain('this is no match')
  })
})

describe('beside a running daemon', () => {
  it('says that it runs and how it is, and disturbs nothing', async () => {
    wazuh.startAnalysisd()
    const port = await anyPort()
    const file = workspace.file('tripline.yaml', stringify({ ...healthy(), http: { port } }))
    const daemon = workspace.tripline(['run', '--config', file])
    await daemon.logged('Tripline is running')
    await daemon.logged('Reading a file')
    const well = await told(['--config', file, '--through-wazuh'])
    expect(well.all).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          id: 'daemon',
          status: 'ok',
          seen: `it runs: process ${daemon.pid} uses ${workspace.path('state')}`,
        }),
        expect.objectContaining({ id: 'status-page', status: 'ok' }),
        expect.objectContaining({ id: 'state-store', status: 'skipped' }),
        expect.objectContaining({ id: 'through-wazuh', status: 'ok' }),
      ]),
    )
    expect(well.code).toBe(0)
    wazuh.alert({ query: 'www.evil.example.net' })
    expect(await workspace.matched(1)).toHaveLength(1)
    daemon.kill('SIGTERM')
    expect(await daemon.ended).toMatchObject({ code: 0 })
  })
})

async function anyPort(): Promise<number> {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('a configuration', () => {
  it('that is missing is said to be the first thing to do, and ends with 2', async () => {
    const none = await told([])
    expect(none.code).toBe(2)
    expect(troubles(none)).toContainEqual(expect.stringContaining('configuration fail: there is none'))
    expect(none.all.find(({ id }) => id === 'pipeline')).toMatchObject({ status: 'ok' })
  })

  it('that is wrong is told as ever, with the nearest right word and without secrets, and ends with 2', async () => {
    const file = workspace.file(
      'tripline.yaml',
      `providers:\n  m: { type: misp, url: http://a.example, apiKye: ${misp.keys.user} }\n`,
    )
    const wrong = await told(['--config', file])
    expect(wrong.code).toBe(2)
    expect(troubles(wrong)).toContainEqual(expect.stringContaining('apiKey'))
  })

  it('that is a named pipe, which nobody may ever write to, is not waited for', async () => {
    const file = workspace.path('pipe.yaml')
    execFileSync('mkfifo', [file])
    const hanging = await told(['--config', file])
    expect(hanging.code).toBe(2)
    expect(troubles(hanging)).toContainEqual(expect.stringContaining('it is a named pipe'))
  })
})

type Broken = readonly [what: string, line: string | RegExp, breaks: (settings: Healthy) => Settings]

const withMisp = (settings: Healthy, changes: object): Settings => ({
  ...settings,
  providers: { misp: { ...(settings.providers['misp'] as object), ...changes } },
})

const keyed = (settings: Healthy, key: string): Healthy => {
  writeFileSync(workspace.path('misp.key'), key)
  return settings
}

/** Each breaks one thing: the line that tells it, and the exit code that goes with it. */
const BROKEN: readonly Broken[] = [
  [
    'an alert file that is not there, while alerts.log grows',
    /^alerts-access fail: is not there, though Wazuh writes alerts\.log/,
    (settings) => {
      rmSync(wazuh.alerts.path)
      writeFileSync(wazuh.path('logs/alerts/alerts.log'), '** Alert\n')
      return settings
    },
  ],
  [
    'JSON output that was switched off',
    /^wazuh-settings fail: jsonout_output is no/,
    (settings) => {
      wazuh.conf({ jsonout: 'no' })
      return settings
    },
  ],
  [
    'an alert file that is written no more, while alerts.log grows',
    /^alerts-age fail: .*JSON output is off/,
    (settings) => {
      utimesSync(wazuh.alerts.path, new Date(Date.now() - 7_200_000), new Date(Date.now() - 7_200_000))
      writeFileSync(wazuh.path('logs/alerts/alerts.log'), '** Alert\n')
      return settings
    },
  ],
  [
    'the text log in place of the JSON one',
    /^alerts-format fail: none of the last 3 lines is JSON/,
    (settings) => {
      const file = workspace.file('alerts.log', '** Alert 1:\nuser logged in\nanother line\n')
      return { ...settings, sources: { wazuh: { type: 'wazuh-file', files: [file] } } }
    },
  ],
  [
    'a zone that is wrong',
    /^alerts-clock warn: .* 3 h ahead of .*wrong zone/,
    (settings) => {
      wazuh.alert({ query: 'a.example.net' }, new Date(Date.now() + 3 * 3_600_000))
      return settings
    },
  ],
  [
    'a copy of the alert file',
    /^alerts-rotation warn: it is no link to a dated file/,
    (settings) => {
      mkdirSync(workspace.path('copy'))
      const file = workspace.file('copy/alerts.json', readFileSync(wazuh.alerts.path, 'utf8'))
      return { ...settings, sources: { wazuh: { type: 'wazuh-file', files: [file] } } }
    },
  ],
  [
    'a log_alert_level that is too high',
    /^wazuh-settings warn: log_alert_level is 10/,
    (settings) => {
      wazuh.conf({ level: 10 })
      return settings
    },
  ],
  [
    'a manager that is stopped',
    /^wazuh-running warn: wazuh-analysisd does not run/,
    (settings) => {
      rmSync(wazuh.path(`var/run/wazuh-analysisd-${process.pid}.pid`))
      return settings
    },
  ],
  [
    'rules that are not there',
    /^wazuh-rules fail: none of the rules/,
    (settings) => {
      for (const name of readdirSync(wazuh.path('etc/rules'))) rmSync(wazuh.path(`etc/rules/${name}`))
      return settings
    },
  ],
  [
    'rules of an older version',
    /^wazuh-rules warn: rules of this version are missing: 119622/,
    (settings) => {
      const file = wazuh.path('etc/rules/tripline_rules.xml')
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
        wazuh.path('etc/rules/own.xml'),
        '<group name="m,"><rule id="100620" level="3"></rule></group>',
      )
      return settings
    },
  ],
  [
    'rules that Wazuh leaves out',
    /^wazuh-rules fail: Wazuh does not load it/,
    (settings) => {
      wazuh.conf({
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
      sinks: { wazuh: { type: 'wazuh-log', path: workspace.path('events.json') } },
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
      rmSync(wazuh.socket)
      return settings
    },
  ],
  [
    'a script that looks alerts up beside Tripline',
    /^wazuh-integrations warn: looks alerts up by itself/,
    (settings) => {
      writeFileSync(wazuh.path('integrations/custom-misp'), '#!/usr/bin/env python3\n', { mode: 0o750 })
      wazuh.conf({ more: '<ossec_config><integration><name>custom-misp</name></integration></ossec_config>' })
      return settings
    },
  ],
  [
    'events that Wazuh has dropped',
    /^wazuh-log warn: analysisd has dropped events/,
    (settings) => {
      writeFileSync(
        wazuh.path('logs/ossec.log'),
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
    (settings) => withMisp(keyed(settings, misp.keys.ro), { sightings: { enabled: true } }),
  ],
  [
    'a MISP that hangs',
    /^platforms fail: .*did not answer to the end within 2s/,
    (settings) => {
      misp.setFault('hang')
      return settings
    },
  ],
  [
    'a MISP whose clock is wrong',
    /^latency warn: its clock is 10 min ahead/,
    (settings) => {
      misp.setFault('clock-skew', { seconds: 600 })
      return settings
    },
  ],
  [
    'a feed that is not there',
    /^feeds fail: .*missing\.txt/,
    (settings) => ({
      ...settings,
      providers: { feeds: { type: 'feed', feeds: [{ path: workspace.path('missing.txt') }] } },
    }),
  ],
  [
    'a state store that is damaged',
    /^state-store fail: is not an LMDB file/,
    (settings) => {
      workspace.file('state/state.lmdb', 'x'.repeat(20_000))
      return settings
    },
  ],
  [
    'a state directory that is a file',
    /^state-directory fail: is no folder/,
    (settings) => ({
      ...settings,
      stateDir: workspace.file('not-a-folder', ''),
    }),
  ],
  [
    'a secret that everybody may read',
    /^configuration-rights warn: every user of this machine may read this secret/,
    (settings) => {
      chmodSync(workspace.path('misp.key'), 0o644)
      return settings
    },
  ],
  [
    'dead letters',
    /^dead-letters warn: 3 bytes of alerts/,
    (settings) => {
      mkdirSync(workspace.path('state/dead-letters'), { recursive: true })
      workspace.file('state/dead-letters/dead-letters-000001.jsonl', '{}\n')
      return settings
    },
  ],
]

describe('what is broken', () => {
  it.each(BROKEN)('%s is told', async (_, line, breaks) => {
    wazuh.startAnalysisd()
    const broken = await doctor(breaks(healthy()))
    expect(troubles(broken)).toContainEqual(expect.stringMatching(line))
    const failed = broken.all.some(({ status }) => status === 'fail')
    expect(broken.code).toBe(failed ? 1 : 0)
    expect(String(line).includes(' fail')).toBe(failed)
    for (const result of broken.all)
      if (result.status === 'fail' || result.status === 'warn') expect(result.todo.length).toBeGreaterThan(10)
  })

  it('a port that another program has is told', async () => {
    wazuh.startAnalysisd()
    const port = Number(new URL(misp.url).port)
    const broken = await doctor({ ...healthy(), http: { port } })
    expect(troubles(broken)).toContainEqual(expect.stringContaining('another process listens there'))
    expect(broken.code).toBe(1)
  })

  it('an alert file that the user may not read is told with the line that helps', async () => {
    if (AS_NOBODY.uid === undefined) return
    wazuh.startAnalysisd()
    const settings = healthy()
    const file = workspace.file('tripline.yaml', stringify(settings))
    for (const path of ['.', 'tripline.yaml', 'misp.key']) chmodSync(workspace.path(path), 0o755)
    chmodSync(wazuh.path('logs/alerts'), 0o750)
    // A group that is on every Linux, and that nobody is in.
    chownSync(wazuh.path('logs/alerts'), 0, DAEMON)
    const lacking = await told(['--config', file], AS_NOBODY.uid)
    const result = lacking.all.find(({ id }) => id === 'alerts-access')
    expect(result).toMatchObject({
      status: 'fail',
      seen: `user nobody may not read it: ${wazuh.path('logs/alerts')} is 0750 root:daemon`,
      todo: expect.stringMatching(/^usermod -aG daemon nobody, .*SupplementaryGroups=daemon/) as string,
    })
    expect(lacking.code).toBe(1)
    const asRoot = await told(['--config', file, '--user', 'nobody'])
    expect(asRoot.all.find(({ id }) => id === 'alerts-access')).toEqual(result)
    expect(asRoot.report.user).toBe('nobody')
  })

  it('a token that OpenCTI refuses is told', async () => {
    wazuh.startAnalysisd()
    const opencti = await startFakeOpenCti()
    try {
      const settings = {
        ...healthy(),
        providers: { cti: { type: 'opencti', url: opencti.url, token: 'not-the-token-of-anybody' } },
      }
      const broken = await doctor(settings)
      expect(troubles(broken)).toContainEqual(
        expect.stringContaining('platforms fail: OpenCTI refuses the token'),
      )
      expect(JSON.stringify(broken.report)).not.toContain('not-the-token-of-anybody')
    } finally {
      await opencti.close()
    }
  })
})
