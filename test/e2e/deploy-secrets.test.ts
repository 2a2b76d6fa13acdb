import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startFakeMisp, type FakeMisp } from '../support/fake-misp/fake-misp.ts'
import { startFakeOpenCti, type FakeOpenCti } from '../support/fake-opencti/fake-opencti.ts'
import { caughtUp, query, stop, useWorkspace, type Settings } from './workspace.ts'

const workspace = useWorkspace()
const tls = {
  key: readFileSync('test/fixtures/tls/server-key.pem', 'utf8'),
  cert: readFileSync('test/fixtures/tls/server.pem', 'utf8'),
}
const WRONG = 'planted-wrong-key-of-forty-characters-00'

let misp: FakeMisp
let opencti: FakeOpenCti
beforeEach(async () => {
  const attributes = [{ type: 'domain', value: 'evil.example.net' }]
  misp = await startFakeMisp({ tls, events: [{ info: 'A campaign', attributes }] })
  opencti = await startFakeOpenCti({})
})
afterEach(async () => {
  await misp.close()
  await opencti.close()
})

function providers(): Settings {
  const eager = { retries: 0, breakerThreshold: 1 }
  return {
    misp: {
      ...eager,
      type: 'misp',
      mode: 'hybrid',
      url: misp.url,
      tlsVerify: false,
      apiKeyFile: workspace.file('misp.key', misp.keys.user),
      sightings: { enabled: true, flushEvery: '1s' },
    },
    opencti: {
      ...eager,
      type: 'opencti',
      url: opencti.url,
      tokenFile: workspace.file('opencti.key', opencti.tokens.connector),
    },
    refused: {
      ...eager,
      type: 'misp',
      url: misp.url,
      tlsVerify: false,
      apiKeyFile: workspace.file('wrong.key', WRONG),
    },
  }
}

/** Every file below the workspace that holds one of these texts, but for the key files. */
function filesWith(secrets: readonly string[]): { readonly seen: number; readonly leaky: readonly string[] } {
  const root = workspace.path('')
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !path.endsWith('.key') && statSync(join(root, path)).isFile(),
  )
  const holds = (path: string) => secrets.some((secret) => readFileSync(join(root, path)).includes(secret))
  return { seen: files.length, leaky: files.filter(holds) }
}

it('planted keys are in no output, log, state file or command', async () => {
  workspace.config({ log: { level: 'trace', format: 'json' }, providers: providers() })
  const secrets = [misp.keys.user, opencti.tokens.connector, WRONG]
  expect(secrets.every((secret) => secret.length > 20)).toBe(true)
  const writer = workspace.alerts()
  writer.line(query(1, 'evil.example.net'))
  writer.flush()
  const daemon = workspace.start()
  await workspace.matched(1)
  await daemon.logged(
    'The provider cannot be asked; it is left alone for a while, and alerts are kept to be asked later',
  )
  await caughtUp(daemon, writer)
  const argv = readFileSync(`/proc/${daemon.pid}/cmdline`, 'utf8')
  await stop(daemon)

  const config = ['--config', workspace.path('tripline.yaml')]
  const commands = [
    ['check', ...config],
    ['config', '--effective', ...config],
    ['explain', ...config, workspace.path('alerts.json')],
    ['intel', 'status', ...config, '--json'],
  ]
  const told = await Promise.all(
    [daemon, ...commands.map((args) => workspace.tripline(args))].map(({ ended }) => ended),
  )
  // Each did something: its output is there to be looked at.
  expect(told.map(({ stdout, stderr }) => (stdout + stderr).length > 0)).toEqual(told.map(() => true))
  const output = [argv, ...told.flatMap(({ stdout, stderr }) => [stdout, stderr])].join('\n')
  expect(output).toContain('evil.example.net')
  expect(secrets.filter((secret) => output.includes(secret))).toEqual([])
  const { seen, leaky } = filesWith(secrets)
  expect(seen).toBeGreaterThan(6)
  expect(leaky).toEqual([])
  // The keys were used, and the search finds what is there.
  expect(filesWith(['evil.example.net']).leaky).toContain('ioc-matched.log')
  expect(misp.requests.length).toBeGreaterThan(3)
})

it('a MISP whose certificate is not verified is told at each start', async () => {
  const env = {
    MISP_URL: misp.url,
    MISP_API_KEY: misp.keys.user,
    MISP_SSL_VERIFY: 'false',
    ALERTS_FILE: workspace.alerts().path,
    TRIPLINE_STATE_DIR: workspace.path('state'),
    LOG_FILE_MATCHED: workspace.path('ioc-matched.log'),
    LOG_FILE_PARSED: workspace.path('ioc-parsed.log'),
  }
  for (const _ of [1, 2]) {
    const daemon = workspace.tripline(['run'], { env })
    const told = () => daemon.logs().find((line) => JSON.stringify(line).includes('is not verified'))
    expect(await daemon.until('a warning', told)).toMatchObject({ level: 40 })
    daemon.kill('SIGKILL')
    await daemon.ended
  }
})
