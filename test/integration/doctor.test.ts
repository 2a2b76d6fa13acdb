import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ownAccess } from '../../src/app/doctor/access.ts'
import { lookAtMount } from '../../src/app/doctor/alert-files.ts'
import { identityOf, lookAtAlertClock, lookAtLines } from '../../src/app/doctor/alert-lines.ts'
import { CHECKS } from '../../src/app/doctor/checks.ts'
import type { DoctorContext, Look } from '../../src/app/doctor/context.ts'
import { lookAtDaemon, lookAtStatusPage } from '../../src/app/doctor/daemon.ts'
import { examine } from '../../src/app/doctor/doctor.ts'
import { lookAtPosition } from '../../src/app/doctor/position.ts'
import { lookAtCopies, lookAtLatency } from '../../src/app/doctor/providers.ts'
import { lookAtRedis } from '../../src/app/doctor/redis.ts'
import { lookAtRotation } from '../../src/app/doctor/rotation.ts'
import { doctorReport } from '../../src/app/doctor/schema.ts'
import { lookAtIntake } from '../../src/app/doctor/sources.ts'
import { lookThroughWazuh } from '../../src/app/doctor/through-wazuh.ts'
import { lookAtIntegrations, lookAtLocalfile } from '../../src/app/doctor/wazuh-inputs.ts'
import { findWazuh } from '../../src/app/doctor/wazuh-home.ts'
import { lookAtRules } from '../../src/app/doctor/wazuh-rules.ts'
import { lookAtWazuhRunning } from '../../src/app/doctor/wazuh-settings.ts'
import { runProgram } from '../../src/commands/program.ts'
import { settingsSchema } from '../../src/config/schema.ts'
import { systemClock, type Clock } from '../../src/core/clock.ts'
import { checkpointPath, saveCheckpoint } from '../../src/sources/wazuh-file/checkpoint.ts'
import { emptyRecord } from '../../src/sources/wazuh-file/record.ts'
import { lockStateDir } from '../../src/store/state-lock.ts'
import { bindReceiver, closeReceivers } from '../support/receiver.ts'
import { createWazuhManager, type WazuhManager } from '../support/wazuh-manager.ts'

const never = new AbortController().signal

let folder = ''
let wazuh: WazuhManager
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tripline-doctor-'))
  wazuh = createWazuhManager(join(folder, 'ossec'))
})
afterEach(() => {
  closeReceivers()
  wazuh.alerts.close()
  rmSync(folder, { recursive: true, force: true })
})

async function contextOf(settings: object = {}, clock: Clock = systemClock): Promise<DoctorContext> {
  const config = settingsSchema.parse({
    stateDir: join(folder, 'state'),
    sources: { wazuh: { type: 'wazuh-file', files: [wazuh.alerts.path] } },
    sinks: { matches: { type: 'match-log', path: join(folder, 'ioc-matched.log') } },
    http: { enabled: false },
    ...settings,
  })
  return {
    version: '0',
    clock,
    env: {},
    configuration: {
      kind: 'loaded',
      loaded: { config, warnings: [], originOf: () => undefined },
      secretFiles: [],
    },
    access: ownAccess(),
    unit: undefined,
    wazuh: await findWazuh(config, wazuh.home),
    throughWazuh: true,
    stdout: new PassThrough(),
  }
}

async function looked(look: Look, settings: object = {}, clock?: Clock): Promise<readonly string[]> {
  const results = await look(await contextOf(settings, clock), never)
  return results.map(({ status, seen }) => `${status}: ${seen}`)
}

it('all checks, over a healthy set-up, give a report as its schema says, and nothing fails', async () => {
  wazuh.alert({ query: 'good.example.net' })
  wazuh.startAnalysisd()
  const context = await contextOf({ sinks: { wazuh: { type: 'wazuh-queue', socket: wazuh.socket } } })
  const order: string[] = []
  const { report, left } = await examine(context, never, { onCheck: ({ id }) => order.push(id) })
  expect(doctorReport.parse(report)).toEqual(report)
  expect(order).toEqual(CHECKS.map(({ id }) => id))
  const failed = report.checks.flatMap(({ results }) => results.filter(({ status }) => status === 'fail'))
  expect({ failed, left }).toEqual({ failed: [], left: false })
  expect(report.checks.find(({ id }) => id === 'pipeline')?.results).toMatchObject([{ status: 'ok' }])
  expect(report.checks.find(({ id }) => id === 'through-wazuh')?.results).toMatchObject([{ status: 'ok' }])
})

it('a terminal is told which check is running, and nothing of that stays', async () => {
  const stderr = Object.assign(new PassThrough(), { isTTY: true })
  const stdout = new PassThrough()
  const io = { env: {}, stdin: Readable.from([]), stdout, stderr, signal: never, version: '0' }
  expect(await runProgram(['doctor'], io)).toEqual({ exitCode: 2, abandoned: false })
  const shown = String(stderr.read())
  expect(shown).toContain(`1 of ${CHECKS.length}: node `)
  expect(shown).toContain(`${CHECKS.length} of ${CHECKS.length}: through-wazuh `)
  expect(shown.endsWith('\r\u001B[K')).toBe(true)
  expect(String(stdout.read())).not.toContain('\u001B')
})

describe('an alert file', () => {
  it('that has a torn line is told, and one with none but that is no alert file', async () => {
    expect(await looked(lookAtLines)).toEqual(['skipped: no whole line is in it yet'])
    wazuh.alert({ query: 'a.example.net' })
    expect(await looked(lookAtLines)).toEqual(['ok: the last line is an alert'])
    wazuh.alerts.line('{"timestamp":"2026-')
    wazuh.alerts.flush()
    expect(await looked(lookAtLines)).toEqual(['warn: 1 of the last 2 lines torn or no JSON'])
  })

  it.each([
    [0, /^ok: /],
    [3 * 3_600_000, /^warn: .* 3 h ahead of .*: it looks like a wrong zone$/],
    [-2 * 3_600_000, /^warn: .* 2 h behind .*: it looks like a wrong zone$/],
    [17 * 60_000, /^warn: .* 17 min ahead of that of its writing$/],
    [-60_000, /^ok: /],
  ])('whose last alert is %i ms off is judged', async (off, line) => {
    wazuh.alert({ query: 'a.example.net' }, new Date(Date.now() + off))
    expect(await looked(lookAtAlertClock)).toEqual([expect.stringMatching(line)])
  })

  it('is on a file system of some kind, and rotation is told by its dated files', async () => {
    wazuh.alert({ query: 'a.example.net' })
    expect(await looked(lookAtMount)).toEqual([expect.stringMatching(/^ok: on \w+, mounted at \//)])
    expect(await looked(lookAtRotation)).toEqual([expect.stringContaining('no rotation yet')])
    wazuh.alerts.rotate('day')
    expect(await looked(lookAtRotation)).toEqual([
      expect.stringContaining('rotation seen: 2 dated files since 2026-02-27'),
    ])
    const other = join(folder, 'other.json')
    symlinkSync(wazuh.alerts.path, other)
    const files = { sources: { wazuh: { type: 'wazuh-file', files: [other] } } }
    expect(await looked(lookAtRotation, files)).toEqual([expect.stringContaining('rotation seen')])
  })
})

const save = async (offset: number): Promise<void> => {
  const { ino = '', size = 0 } = (await identityOf(wazuh.alerts.path)) ?? {}
  const fingerprint = { bytes: 0, sha256: '' }
  const current = { dev: '1', ino, fingerprint, offset: size + offset, dated: null }
  const path = checkpointPath(join(folder, 'state'), 'wazuh')
  await saveCheckpoint(path, [{ ...emptyRecord(wazuh.alerts.path), current }])
}
const aged = (ms: number): void => {
  const time = new Date(Date.now() - ms)
  utimesSync(checkpointPath(join(folder, 'state'), 'wazuh'), time, time)
}

describe('the position', () => {
  it('that is at the end, waits for the daemon, or stands still beside it is told', async () => {
    wazuh.alert({ query: 'a.example.net' })
    expect(await looked(lookAtPosition)).toEqual(['skipped: nothing was read yet'])
    await save(0)
    expect(await looked(lookAtPosition)).toEqual([expect.stringMatching(/^ok: read to its end/)])
    await save(-100)
    aged(600_000)
    expect(await looked(lookAtPosition)).toEqual([
      expect.stringMatching(/^ok: 100 bytes wait for the daemon, .* 10 min ago/),
    ])
    const lock = await lockStateDir(join(folder, 'state'))
    expect(await looked(lookAtPosition)).toEqual([
      expect.stringMatching(/^fail: 100 bytes wait, and reading stands still/),
    ])
    await lock.release()
  })

  it('in a file that was rotated away is told, and one that is damaged', async () => {
    wazuh.alert({ query: 'a.example.net' })
    await save(0)
    wazuh.alerts.rotate('day')
    wazuh.alert({ query: 'b.example.net' })
    expect(await looked(lookAtPosition)).toEqual([expect.stringContaining('still in the file before it')])
    writeFileSync(checkpointPath(join(folder, 'state'), 'wazuh'), '{"version":1,')
    expect(await looked(lookAtPosition)).toEqual([expect.stringMatching(/^warn: cannot be used/)])
  })
})

describe('the daemon', () => {
  it.each([
    ['{"status":"ok","components":[]}', /^ok: /],
    [
      '{"status":"degraded","components":[{"component":"provider misp","state":"degraded","reason":"it is down"}]}',
      /^warn: the daemon says degraded: provider misp degraded it is down/,
    ],
    ['{"status":"failed","components":[{"component":"store","state":"failed"}]}', /^fail: .*store failed/],
    ['<html>', /^warn: .*another program answers/],
  ])('whose page says %s', async (body, line) => {
    const server = createServer((_, response) => response.end(body))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const http = { port: typeof address === 'object' ? (address?.port ?? 0) : 0 }
    mkdirSync(join(folder, 'state'))
    expect(await looked(lookAtDaemon)).toEqual([expect.stringMatching(/^warn: it does not run: nobody uses/)])
    expect(await looked(lookAtStatusPage, { http })).toEqual([
      expect.stringContaining('another process listens there'),
    ])
    const lock = await lockStateDir(join(folder, 'state'))
    expect(await looked(lookAtDaemon)).toEqual([
      `ok: it runs: process ${process.pid} uses ${join(folder, 'state')}`,
    ])
    expect(await looked(lookAtStatusPage, { http })).toEqual([expect.stringMatching(line)])
    await new Promise((resolve) => server.close(resolve))
    expect(await looked(lookAtStatusPage, { http })).toEqual([expect.stringContaining('nobody answers at')])
    await lock.release()
    expect(await looked(lookAtStatusPage, { http })).toEqual([expect.stringContaining('is free')])
  })
})

const events = (): object => ({
  sinks: { wazuh: { type: 'wazuh-log', path: '/var/log/tripline/wazuh-events.json' } },
})
const localfile = (format: string, location: string): string =>
  `<ossec_config><localfile><log_format>${format}</log_format><location>${location}</location></localfile></ossec_config>`

it('a platform that does not give its smallest answer is told as slow', async () => {
  const server = createServer(() => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`
  const providers = { misp: { type: 'misp', url, apiKey: 'x'.repeat(40), timeout: '1s' } }
  expect(await looked(lookAtLatency, { providers })).toEqual(['warn: it gives no small answer in 1 s'])
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

describe("Wazuh's side", () => {
  it.each([
    [localfile('json', '/var/log/tripline/wazuh-events.json'), 'ok'],
    [localfile('json', '/var/log/tripline/*.json'), 'ok'],
    [localfile('json', '/var/log/*.json'), 'fail'],
    [localfile('audit', '/var/log/tripline/wazuh-events.json'), 'fail'],
    [`<!-- ${localfile('json', '/var/log/tripline/wazuh-events.json')} -->`, 'fail'],
    [localfile('json', '/var/log/tripline/wazuh-events.json').repeat(2), 'warn'],
  ])('with %s', async (more, status) => {
    wazuh.conf({ more })
    expect(await looked(lookAtLocalfile, events())).toEqual([expect.stringMatching(`^${status}: `)])
  })

  it('rules for OpenCTI are wanted where there is one, and rules for a name of its own', async () => {
    rmSync(wazuh.path('etc/rules/tripline_opencti_rules.xml'))
    expect(await looked(lookAtRules, events())).toContainEqual(expect.stringMatching(/^ok: all rules/))
    const providers = { cti: { type: 'opencti', url: 'https://cti.example.net', token: 'x'.repeat(36) } }
    expect(await looked(lookAtRules, { ...events(), providers })).toContainEqual(
      expect.stringMatching(/^warn: rules of this version are missing: 100210/),
    )
    const sinks = { wazuh: { type: 'wazuh-log', path: '/var/log/x.json', integration: 'our-intel' } }
    expect(await looked(lookAtRules, { sinks })).toContainEqual(
      expect.stringContaining('fail: no rule names the integration our-intel'),
    )
  })

  it('runs by whichever of its files names a process that does', async () => {
    writeFileSync(wazuh.path('var/run/ossec-analysisd-4194303.pid'), '4194303\n')
    expect(await looked(lookAtWazuhRunning)).toEqual([`ok: wazuh-analysisd runs: process ${process.pid}`])
    rmSync(wazuh.path(`var/run/wazuh-analysisd-${process.pid}.pid`))
    expect(await looked(lookAtWazuhRunning)).toEqual([
      'warn: wazuh-analysisd does not run: its process 4194303 is gone',
    ])
  })

  it('an empty rule_exclude excludes nothing', async () => {
    wazuh.conf({ more: '<ossec_config><ruleset><rule_exclude> </rule_exclude></ruleset></ossec_config>' })
    expect(await looked(lookAtRules, events())).toContainEqual(expect.stringMatching(/^ok: all rules/))
  })

  it('rules that were changed after the start of Wazuh are told', async () => {
    const later = new Date(Date.now() + 60_000)
    utimesSync(wazuh.path('etc/rules/tripline_rules.xml'), later, later)
    expect(await looked(lookAtRules, events())).toContainEqual(
      'warn: changed since Wazuh was started: what it has loaded may be older',
    )
  })

  it.each([
    ['spool', '#!/bin/sh\n# hands alerts to tripline\n', 0o750, 'ok'],
    ['spool', undefined, 0, 'fail'],
    ['wazuh-file', '#!/bin/sh\n# hands alerts to tripline\n', 0o750, 'warn'],
    ['wazuh-file', '#!/usr/bin/env python3\n', 0o770, 'fail'],
  ] as const)('with a source %s and the script %j of mode %i is %s', async (type, script, mode, status) => {
    wazuh.conf({
      more: '<ossec_config><integration><name>custom-opencti</name></integration></ossec_config>',
    })
    const path = wazuh.path('integrations/custom-opencti')
    if (script !== undefined) writeFileSync(path, script)
    if (script !== undefined) chmodSync(path, mode)
    const sources = {
      own: type === 'spool' ? { type, dir: join(folder, 'spool') } : { type, files: [wazuh.alerts.path] },
    }
    expect(await looked(lookAtIntegrations, { sources })).toEqual([expect.stringMatching(`^${status}: `)])
  })

  it('that gives no alert for the test event is told, after its time', async () => {
    rmSync(wazuh.socket, { force: true })
    const queue = { sinks: { wazuh: { type: 'wazuh-queue', socket: wazuh.socket } } }
    expect(await looked(lookThroughWazuh, queue)).toEqual(['fail: the test event could not be sent (ENOENT)'])
    wazuh.conf({ level: 10 })
    bindReceiver(wazuh.socket)
    let now = 0
    const clock: Clock = {
      ...systemClock,
      monotonic: () => now,
      sleep: () => Promise.resolve(void (now += 5000)),
    }
    const context = await contextOf(queue, clock)
    const [result] = await lookThroughWazuh(context, never)
    expect(result).toMatchObject({
      status: 'fail',
      seen: 'a test event was taken, and no alert of it came back within 30 s',
      todo: expect.stringContaining('log_alert_level is 10') as string,
    })
  })

  it('is found again behind a rotation, by the file of the sink wazuh-log', async () => {
    const path = join(folder, 'events.json')
    const sinks = { sinks: { wazuh: { type: 'wazuh-log', path } } }
    expect(await looked(lookThroughWazuh, sinks)).toEqual([
      'skipped: the file is not there yet: start Tripline first',
    ])
    writeFileSync(join(folder, 'others'), 'theirs')
    symlinkSync(join(folder, 'others'), path)
    expect(await looked(lookThroughWazuh, sinks)).toEqual([
      'skipped: it is a link, or no file: root writes to none of these',
    ])
    expect(readFileSync(join(folder, 'others'), 'utf8')).toBe('theirs')
    rmSync(path)
    writeFileSync(path, '')
    wazuh.alert({ query: 'before.example.net' })
    // The log collector: at the first wait a rotation, then the alert.
    const clock: Clock = {
      ...systemClock,
      sleep: async () => {
        const { tripline } = JSON.parse(readFileSync(path, 'utf8')) as { readonly tripline: object }
        wazuh.alerts.rotate('day')
        wazuh.alert({ integration: 'tripline', tripline })
      },
    }
    expect(await looked(lookThroughWazuh, sinks, clock)).toEqual([
      expect.stringMatching(/^warn: a test event came back as an alert of rule 100001, level 5/),
    ])
  })
})

describe('other places', () => {
  it('a Redis that is away is told, as a warning where the node goes on by itself', async () => {
    const store = { type: 'redis', host: '127.0.0.1', port: 1, timeout: '1s' }
    expect(await looked(lookAtRedis, { store })).toEqual([expect.stringMatching(/^warn: /)])
    expect(await looked(lookAtRedis, { store: { ...store, whenDown: 'wait' } })).toEqual([
      expect.stringMatching(/^fail: /),
    ])
  })

  it('a copy that was never made is told, and a source over HTTP without TLS', async () => {
    const providers = {
      misp: { type: 'misp', mode: 'mirror', url: 'https://misp.example.net', apiKey: 'x'.repeat(40) },
    }
    expect(await looked(lookAtCopies, { providers })).toEqual(['warn: nothing was copied yet'])
    const sources = { http: { type: 'http', host: '127.0.0.1', port: 0, token: 'x'.repeat(32) } }
    expect(await looked(lookAtIntake, { sources })).toContainEqual(expect.stringContaining('without TLS'))
  })
})
