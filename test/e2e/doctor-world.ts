import { chmodSync, mkdirSync } from 'node:fs'
import { afterEach, beforeEach, expect } from 'vitest'
import { stringify } from 'yaml'
import { doctorReport, type DoctorReport, type ReportedResult } from '../../src/app/doctor/schema.ts'
import { startFakeMisp, type FakeMisp } from '../support/fake-misp/fake-misp.ts'
import { closeReceivers } from '../support/receiver.ts'
import { createWazuhManager, type WazuhManager } from '../support/wazuh-manager.ts'
import { useWorkspace, type Settings, type Workspace } from './workspace.ts'

export interface Healthy extends Settings {
  readonly providers: Settings
}

/** What `tripline doctor --json` said. */
export interface Told {
  readonly code: number | null
  readonly report: DoctorReport
  readonly all: readonly (ReportedResult & { readonly id: string })[]
}

/** A fresh Wazuh manager, a MISP, and all that Tripline needs, for each test. */
export interface DoctorWorld {
  readonly workspace: Workspace
  readonly misp: FakeMisp
  readonly wazuh: WazuhManager
  /** Settings that are right; each test breaks one thing. */
  healthy(): Healthy
  doctor(settings: Settings, ...args: readonly string[]): Promise<Told>
  /** Also looks that no key of the MISP is in what was said. */
  told(args: readonly string[], uid?: number): Promise<Told>
}

function there<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('used outside of a test')
  return value
}

export function useDoctorWorld(): DoctorWorld {
  const workspace = useWorkspace()
  let misp: FakeMisp | undefined
  let wazuh: WazuhManager | undefined
  beforeEach(async () => {
    const attributes = [{ type: 'domain', value: 'evil.example.net' }]
    misp = await startFakeMisp({ events: [{ info: 'A campaign', attributes }] })
    wazuh = createWazuhManager(workspace.path('ossec'))
    wazuh.alert({ query: 'good.example.net' })
    wazuh.alerts.rotate('day')
    wazuh.alert({ query: 'good.example.net' })
  })
  afterEach(async () => {
    closeReceivers()
    wazuh?.alerts.close()
    await misp?.close()
  })
  const told = async (args: readonly string[], uid?: number): Promise<Told> => {
    const options = uid === undefined ? {} : { uid }
    const { code, stdout, stderr } = await workspace.tripline(['doctor', '--json', ...args], options).ended
    for (const key of Object.values(there(misp).keys)) expect(stdout + stderr).not.toContain(key)
    expect(stderr).toBe('')
    const report = doctorReport.parse(JSON.parse(stdout))
    const all = report.checks.flatMap(({ id, results }) => results.map((result) => ({ id, ...result })))
    return { code, report, all }
  }
  return {
    workspace,
    get misp() {
      return there(misp)
    },
    get wazuh() {
      return there(wazuh)
    },
    healthy: () => healthy(workspace, there(misp), there(wazuh)),
    told,
    doctor: (settings, ...args) => {
      const file = workspace.file('tripline.yaml', stringify(settings))
      chmodSync(file, 0o640)
      return told(['--config', file, ...args])
    },
  }
}

function healthy(workspace: Workspace, misp: FakeMisp, wazuh: WazuhManager): Healthy {
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

/** What is not well, as `id status: sentence`. */
export function troubles({ all }: Told): readonly string[] {
  return all
    .filter(({ status }) => status === 'warn' || status === 'fail')
    .map(({ id, status, seen }) => `${id} ${status}: ${seen}`)
}
