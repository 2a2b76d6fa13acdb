import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { runIntegration, type IntegrationOutcome } from '../../src/app/integration.ts'
import { runProgram } from '../../src/commands/program.ts'
import { loadConfig } from '../../src/config/load.ts'
import { systemClock, type Clock } from '../../src/core/clock.ts'
import { bindFullReceiver } from '../support/full-receiver.ts'
import { alertLine } from '../support/log-writer.ts'
import { eventIn } from '../support/datagram-event.ts'
import { bindReceiver, closeReceivers, type Receiver } from '../support/receiver.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

/** `tripline integration` with Wazuh's queue: its outbox ends with it, so it must not end before. */

const BAD = alertLine(1).replace('"data":{', '"data":{"query":"www.evil.example.net",')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tripline-one-shot-'))
  writeFileSync(join(folder, 'bad.txt'), 'evil.example.net\n')
  writeFileSync(join(folder, 'it.alert'), BAD)
  const settings = {
    stateDir: join(folder, 'state'),
    providers: { feeds: { type: 'feed', feeds: [{ path: join(folder, 'bad.txt') }] } },
    sinks: { wazuh: { type: 'wazuh-queue', socket: socket() } },
  }
  writeFileSync(join(folder, 'tripline.yaml'), stringify(settings))
})
afterEach(() => {
  closeReceivers()
  rmSync(folder, { recursive: true })
})

function socket(): string {
  return join(folder, 'queue')
}

async function exitCodeOf(...more: readonly string[]): Promise<number> {
  const argv = ['integration', '--config', join(folder, 'tripline.yaml'), ...more, join(folder, 'it.alert')]
  const { exitCode } = await runProgram(argv, {
    env: {},
    stdin: Readable.from([]),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    version: '0',
    signal: new AbortController().signal,
  })
  return exitCode
}

/** Calls back when somebody begins to wait for exactly so long. */
function clockThatTells(ms: number, onWait: () => void): Clock {
  const sleep: Clock['sleep'] = (time, signal) => {
    if (time === ms) onWait()
    return systemClock.sleep(time, signal)
  }
  return { ...systemClock, sleep }
}

async function lookedUp(clock: Clock): Promise<IntegrationOutcome> {
  const { config } = await loadConfig({ file: join(folder, 'tripline.yaml'), env: {} })
  const parts = { config, telemetry: recordedTelemetry(clock), stdout: new PassThrough(), version: '0' }
  const signal = new AbortController().signal
  const run = { alertFile: join(folder, 'it.alert'), name: 'custom-misp', timeoutMs: 30_000, signal }
  return runIntegration(parts, run)
}

it('tells Wazuh what was found', async () => {
  const receiver = bindReceiver(socket())
  expect(await exitCodeOf()).toBe(0)
  const [datagram = ''] = await receiver.received(1)
  expect(eventIn(datagram)).toMatchObject({ integration: 'misp', misp: { value: 'evil.example.net' } })
})

it('fails when there is no queue until the time is over', async () => {
  expect(await exitCodeOf('--timeout', '1s')).toBe(1)
})

it('waits for a queue that comes in time', async () => {
  let receiver: Receiver | undefined
  // Tried after 10, 20 and 40 ms in vain.
  const clock = clockThatTells(80, () => (receiver ??= bindReceiver(socket())))
  expect(await lookedUp(clock)).toEqual({ told: true, late: false })
  expect(await receiver?.received(1)).toHaveLength(1)
})

it('waits for a queue that is full, until there is room', async () => {
  const receiver = await bindFullReceiver(socket())
  const outcome = await lookedUp(clockThatTells(64, () => receiver.free()))
  const [datagram = '', ...more] = await receiver.close()
  expect(outcome).toEqual({ told: true, late: false })
  expect(eventIn(datagram)).toMatchObject({ integration: 'misp' })
  expect(more).toEqual([])
})
