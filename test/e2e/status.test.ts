import { spawnSync } from 'node:child_process'
import { rmSync, symlinkSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { createSocket } from 'unix-dgram'
import { expect, it, onTestFinished } from 'vitest'
import { METRICS } from '../../src/telemetry/metrics.ts'
import { get, statusUrl } from '../support/status.ts'
import { caughtUp, feeds, query, source, stop, useWorkspace } from './workspace.ts'

const workspace = useWorkspace()
const HTTP = { port: 0 }
const TOKEN = 'planted-token-of-the-status-page'

/** The value of a line of `/metrics`. */
function valueIn(text: string, line: string): number {
  return Number(
    text
      .split('\n')
      .find((each) => each.startsWith(`${line} `))
      ?.slice(line.length + 1),
  )
}

it('serves every metric of the catalogue, and what happened to the alerts', async () => {
  workspace.file('bad.txt', 'evil.example.com\n')
  workspace.config({ http: { ...HTTP, token: TOKEN } })
  const writer = workspace.alerts()
  const daemon = workspace.start()
  writer.line(query(1, 'evil.example.com'))
  writer.line(query(2, 'good.example.com'))
  await caughtUp(daemon, writer)
  const url = await statusUrl(daemon)
  const { status, body } = await get(`${url}/metrics`, { authorization: `Bearer ${TOKEN}` })
  expect(status).toBe(200)
  const missing = Object.keys(METRICS).filter((name) => !body.includes(`\n# TYPE tripline_${name} `))
  expect(missing.filter((name) => name !== Object.keys(METRICS)[0])).toEqual([])
  expect(valueIn(body, 'tripline_alerts_read_total{source="wazuh"}')).toBe(2)
  expect(valueIn(body, 'tripline_batch_seconds_count{source="wazuh"}')).toBeGreaterThan(0)
  expect(valueIn(body, 'tripline_match_delay_seconds_count')).toBe(1)
  expect(valueIn(body, 'tripline_indicators{provider="feeds"}')).toBe(1)
  expect(valueIn(body, 'tripline_source_lag_seconds{source="wazuh"}')).toBe(0)
  expect(valueIn(body, 'tripline_source_position_bytes{source="wazuh"}')).toBeGreaterThan(0)
  expect(valueIn(body, 'tripline_component_state{component="sink matches",state="ok"}')).toBe(1)
  expect(valueIn(body, 'process_resident_memory_bytes')).toBeGreaterThan(10_000_000)
  expect((await get(`${url}/metrics`)).status).toBe(401)
  expect((await get(`${url}/healthz`)).status).toBe(200)
  await stop(daemon)
  expect(daemon.stdout() + daemon.stderr() + body).not.toContain(TOKEN)
})

it('is ready as long as nothing fails, and says what does', async () => {
  workspace.config({
    http: HTTP,
    sources: { wazuh: source(workspace.path('later.json')) },
    providers: { feeds: { ...feeds(workspace.path('no-feed.txt')), startWait: '0s' } },
  })
  const daemon = workspace.start()
  const url = await statusUrl(daemon)
  await daemon.logged('Tripline is running')
  await daemon.logged('The file does not exist; waiting for it')
  const ready = async () => {
    const { status, body } = await get(`${url}/readyz`)
    return { ...(JSON.parse(body) as { components: readonly object[] }), status }
  }
  const before = await ready()
  expect(before).toMatchObject({ status: 503 })
  expect(before.components).toContainEqual(
    expect.objectContaining({
      component: 'source wazuh',
      state: 'failed',
      reason: `${workspace.path('later.json')} does not exist`,
    }),
  )
  expect(before.components).toContainEqual(
    expect.objectContaining({ component: 'provider feeds', state: 'degraded' }),
  )
  expect((await get(`${url}/healthz`)).status).toBe(200)
  workspace.append('later.json', `${query(1, 'evil.example.com')}\n`)
  await expect.poll(async () => (await ready()).status).toBe(200)
  workspace.file('no-feed.txt', 'evil.example.com\n')
  await expect
    .poll(async () => (await ready()).components)
    .toContainEqual(expect.objectContaining({ component: 'provider feeds', state: 'ok' }))
})

it('is not ready while a sink does not take matches', async () => {
  workspace.file('bad.txt', 'evil.example.com\n')
  workspace.config({ http: HTTP })
  symlinkSync('/dev/full', workspace.path('ioc-matched.log'))
  const writer = workspace.alerts()
  const daemon = workspace.start()
  const url = await statusUrl(daemon)
  writer.line(query(1, 'evil.example.com'))
  writer.flush()
  await expect.poll(async () => (await get(`${url}/readyz`)).body).toContain('it does not accept matches')
  expect((await get(`${url}/readyz`)).status).toBe(503)
  rmSync(workspace.path('ioc-matched.log'))
  await expect.poll(async () => (await get(`${url}/readyz`)).status).toBe(200)
  expect(workspace.matches()).toHaveLength(1)
})

it('tells systemd of its start, its life and its stop', async () => {
  const path = workspace.path('notify')
  const messages: string[] = []
  const socket = createSocket('unix_dgram', (message) => messages.push(message.toString()))
  socket.bind(path)
  onTestFinished(() => socket.close())
  workspace.file('bad.txt', 'evil.example.com\n')
  const daemon = workspace.start({ env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: '100000' } })
  await expect.poll(() => messages).toContain('READY=1\nSTATUS=Reading alerts\n')
  const alive = (): number => messages.filter((each) => each.endsWith('WATCHDOG=1\n')).length
  const seen = alive()
  await expect.poll(alive).toBeGreaterThan(seen + 2)
  await stop(daemon)
  expect(messages.findIndex((each) => each.startsWith('STOPPING=1\n'))).toBeGreaterThan(
    messages.findIndex((each) => each.startsWith('READY=1\n')),
  )
})

it('has systemd-notify tell systemd where the native package does not load', async () => {
  if (!hasSystemdNotify()) return
  const path = workspace.path('notify')
  const messages: string[] = []
  const socket = createSocket('unix_dgram', (message) => messages.push(message.toString()))
  socket.bind(path)
  onTestFinished(() => socket.close())
  // As one that was built for another Node.
  const broken = workspace.file(
    'broken.cjs',
    `const { dlopen } = process
     process.dlopen = (module, name, ...rest) => {
       if (name.includes('unix_dgram')) throw new Error('compiled against a different Node.js version')
       return dlopen(module, name, ...rest)
     }`,
  )
  workspace.file('bad.txt', 'evil.example.com\n')
  const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: '200000', NODE_OPTIONS: `--require "${broken}"` }
  const daemon = workspace.start({ env })
  await daemon.logged('systemd is told by systemd-notify, as Tripline cannot do so itself', {
    reason: 'compiled against a different Node.js version',
  })
  await expect.poll(() => messages).toContain('READY=1\nSTATUS=Reading alerts')
  const alive = (): number => messages.filter((each) => each.endsWith('WATCHDOG=1')).length
  const seen = alive()
  await expect.poll(alive).toBeGreaterThan(seen + 1)
  await stop(daemon)
  expect(messages).toContain('STOPPING=1\nSTATUS=Finishing what was read')
  expect(daemon.stderr()).not.toContain('systemd cannot be told')
})

it('starts without systemd hearing of it, and says so once', async () => {
  const env = { NOTIFY_SOCKET: workspace.path('nobody listens here'), WATCHDOG_USEC: '20000' }
  workspace.file('bad.txt', 'evil.example.com\n')
  const daemon = workspace.start({ env })
  await daemon.logged('Tripline is running')
  await stop(daemon)
  const told = daemon.logs().filter(({ msg }) => msg === 'systemd cannot be told that Tripline has started')
  expect(told).toEqual([
    expect.objectContaining({ level: 40, problem: expect.stringContaining('ENOENT') as string }),
  ])
})

it('does not start where the port that was chosen is taken, or others could look on', async () => {
  const other = createServer()
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  workspace.config({ http: { port } })
  const taken = await workspace.start().ended
  expect(taken.code).toBe(1)
  expect(taken.stderr).toContain(
    `http.port: cannot listen on 127.0.0.1:${port}: another process listens there`,
  )
  workspace.config({ http: { host: '0.0.0.0' } })
  const open = await workspace.start().ended
  expect(open.code).toBe(2)
  expect(open.stderr).toMatch(/tripline\.yaml:\d+:\d+: http\.host: others can reach 0\.0\.0\.0: give `token`/)
})

/** It comes with systemd. CI must have it; elsewhere it is said aloud that nothing is looked at. */
function hasSystemdNotify(): boolean {
  if (spawnSync('systemd-notify', ['--version'], { stdio: 'ignore' }).status === 0) return true
  if (process.env['CI'] === 'true') throw new Error('systemd-notify is missing (package systemd)')
  process.stderr.write('SKIPPED: systemd-notify is missing, what it sends is not looked at\n')
  return false
}
