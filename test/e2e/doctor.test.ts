import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { doctorReport } from '../../src/app/doctor/schema.ts'
import { bindReceiver } from '../support/receiver.ts'
import { troubles, useDoctorWorld, type Told } from './doctor-world.ts'

const world = useDoctorWorld()

/** A process that runs as root without a user `tripline` is told so. */
const EXPECTED = /^(?:user warn: there is no user|daemon warn: it does not run|kernel warn)/

function unexpected(report: Told): readonly string[] {
  return troubles(report).filter((line) => !EXPECTED.test(line))
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
    world.wazuh.startAnalysisd()
    const settings = world.healthy()
    const file = world.workspace.file('tripline.yaml', stringify(settings))
    const daemon = world.workspace.tripline(['run', '--config', file])
    const checkpoint = world.workspace.path('state/checkpoints/wazuh.json')
    const end = `"offset":${statSync(world.wazuh.alerts.path).size}`
    await expect.poll(() => (existsSync(checkpoint) ? readFileSync(checkpoint, 'utf8') : '')).toContain(end)
    daemon.kill('SIGTERM')
    expect(await daemon.ended).toMatchObject({ code: 0 })
    const before = tree(world.workspace.path('state'))
    const well = await world.doctor(settings)
    expect(unexpected(well)).toEqual([])
    expect(well).toMatchObject({ code: 0, report: { ok: true } })
    expect(well.all.map(({ id, seen }) => `${id}: ${seen}`)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('rotation seen: 2 dated files'),
        expect.stringContaining('MISP 2.5.1'),
        expect.stringMatching(/^latency: a small answer takes \d+ ms/),
        expect.stringMatching(/^wazuh-queue: somebody reads it/),
        expect.stringMatching(/^state-store: reads well/),
        expect.stringMatching(/^position: read to its end/),
        expect.stringMatching(/^pipeline: the EICAR test file and a planted name matched once each/),
      ]),
    )
    expect(Object.keys(before)).toContain('state.lmdb')
    expect(tree(world.workspace.path('state'))).toEqual(before)
  })

  it('is told to people with groups, and progress goes nowhere but to a terminal', async () => {
    const file = world.workspace.file('tripline.yaml', stringify(world.healthy()))
    const { stdout, stderr } = await world.workspace.tripline(['doctor', '--config', file]).ended
    expect(stderr).toBe('')
    for (const group of ['Installation', 'Alerts', 'Threat intelligence', 'Wazuh', 'Self test'])
      expect(stdout).toContain(`\n${group}\n`)
    expect(stdout).toMatch(/\n\d+ ok, \d+ warnings?, \d+ failed, \d+ skipped in [\d.]+ s\n$/)
  })

  it('with --through-wazuh gets its test event back as an alert of a low level', async () => {
    const receiver = world.wazuh.startAnalysisd()
    const well = await world.doctor(world.healthy(), '--through-wazuh')
    expect(well.all.find(({ id }) => id === 'through-wazuh')).toMatchObject({
      status: 'ok',
      seen: expect.stringContaining('alert of rule 119622, level 3') as string,
    })
    expect(receiver.datagrams.filter((text) => text.includes('"event":"test"'))).toHaveLength(1)
    expect(readFileSync(world.wazuh.alerts.path, 'utf8')).toContain('this is no match')
  })
})

it('that is interrupted ends with 1, says what was left out, and leaves no temporary files', async () => {
  const receiver = bindReceiver(world.wazuh.socket)
  const file = world.workspace.file('tripline.yaml', stringify(world.healthy()))
  const temporary = world.workspace.path('tmp')
  mkdirSync(temporary)
  const args = ['doctor', '--json', '--through-wazuh', '--config', file]
  const doctor = world.workspace.tripline(args, { env: { TMPDIR: temporary } })
  // An empty one, to see that somebody reads, and the test event, which nobody answers.
  await receiver.received(2)
  doctor.kill('SIGINT')
  const { code, stdout } = await doctor.ended
  expect(code).toBe(1)
  const report = doctorReport.parse(JSON.parse(stdout))
  expect(report.checks.at(-1)?.results).toEqual([{ status: 'skipped', seen: 'interrupted' }])
  expect(readdirSync(temporary)).toEqual([])
})

describe('beside a running daemon', () => {
  it('says that it runs and how it is, and disturbs nothing', async () => {
    world.wazuh.startAnalysisd()
    const port = await anyPort()
    const file = world.workspace.file('tripline.yaml', stringify({ ...world.healthy(), http: { port } }))
    const daemon = world.workspace.tripline(['run', '--config', file])
    await daemon.logged('Tripline is running')
    await daemon.logged('Reading a file')
    const well = await world.told(['--config', file, '--through-wazuh'])
    expect(well.all).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          id: 'daemon',
          status: 'ok',
          seen: `it runs: process ${daemon.pid} uses ${world.workspace.path('state')}`,
        }),
        expect.objectContaining({ id: 'status-page', status: 'ok' }),
        expect.objectContaining({ id: 'state-store', status: 'skipped' }),
        expect.objectContaining({ id: 'through-wazuh', status: 'ok' }),
      ]),
    )
    expect(well.code).toBe(0)
    world.wazuh.alert({ query: 'www.evil.example.net' })
    expect(await world.workspace.matched(1)).toHaveLength(1)
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
    const none = await world.told([])
    expect(none.code).toBe(2)
    expect(troubles(none)).toContainEqual(expect.stringContaining('configuration fail: there is none'))
    expect(none.all.find(({ id }) => id === 'pipeline')).toMatchObject({ status: 'ok' })
  })

  it('that is wrong is told as ever, with the nearest right word and without secrets, and ends with 2', async () => {
    const file = world.workspace.file(
      'tripline.yaml',
      `providers:\n  m: { type: misp, url: http://a.example, apiKye: ${world.misp.keys.user} }\n`,
    )
    const wrong = await world.told(['--config', file])
    expect(wrong.code).toBe(2)
    expect(troubles(wrong)).toContainEqual(expect.stringContaining('apiKey'))
  })

  it('that is a named pipe, which nobody may ever write to, is not waited for', async () => {
    const file = world.workspace.path('pipe.yaml')
    execFileSync('mkfifo', [file])
    const hanging = await world.told(['--config', file])
    expect(hanging.code).toBe(2)
    expect(troubles(hanging)).toContainEqual(expect.stringContaining('it is a named pipe'))
  })
})
