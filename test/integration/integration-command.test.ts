import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { runProgram } from '../../src/commands/program.ts'
import { startFakeMisp, type FakeMisp } from '../support/fake-misp/fake-misp.ts'
import { alertLine } from '../support/log-writer.ts'
import { startFakeOpenCti } from '../support/fake-opencti/fake-opencti.ts'

/** `tripline integration`, as the scripts run it where there is no daemon. */

const KEY = '-c0ffee00-5ec2-4e7a-9b1d-0123456789ab'
const BAD = alertLine(1).replace('"data":{', '"data":{"query":"www.evil.example.net",')

let folder: string
let misp: FakeMisp | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tripline-integration-'))
  writeFileSync(join(folder, 'bad.txt'), 'evil.example.net\n')
})
afterEach(async () => {
  await misp?.close()
  misp = undefined
  rmSync(folder, { recursive: true })
})

const FEEDS = () => ({ feeds: { type: 'feed', feeds: [{ path: join(folder, 'bad.txt') }] } })
const SINKS = () => ({ wazuh: { type: 'wazuh-log', path: join(folder, 'events.json') } })

/** Writes the configuration; gives its path. */
function configured(more: Readonly<Record<string, unknown>> = {}): string {
  const settings = { stateDir: join(folder, 'state'), providers: FEEDS(), sinks: SINKS(), ...more }
  writeFileSync(join(folder, 'tripline.yaml'), stringify(settings))
  return join(folder, 'tripline.yaml')
}

function written(text: string): string {
  writeFileSync(join(folder, 'it.alert'), text)
  return join(folder, 'it.alert')
}

interface Ended {
  readonly exitCode: number
  readonly out: string
  readonly err: string
  readonly events: readonly Readonly<Record<string, unknown>>[]
}

async function integration(...args: readonly string[]): Promise<Ended> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const io = { env: {}, stdin: Readable.from([]), stdout, stderr, version: '0' }
  const { exitCode } = await runProgram(['integration', ...args], {
    ...io,
    signal: new AbortController().signal,
  })
  const events = existsSync(join(folder, 'events.json'))
    ? readFileSync(join(folder, 'events.json'), 'utf8').split('\n').slice(0, -1)
    : []
  return {
    exitCode,
    out: textIn(stdout),
    err: textIn(stderr),
    events: events.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
  }
}

function textIn(stream: PassThrough): string {
  const bytes: unknown = stream.read()
  return Buffer.isBuffer(bytes) ? bytes.toString() : ''
}

/** As the scripts do it, with what wazuh-integratord would give in the places of key and URL. */
function usual(text: string, config = configured()): Promise<Ended> {
  const name = ['--name', 'custom-misp', '--config', config]
  return integration(...name, '--', written(text), KEY, 'https://misp.example.org', '', '', '10', '3')
}

async function withMisp(): Promise<FakeMisp> {
  misp = await startFakeMisp({
    events: [{ info: 'A campaign', attributes: [{ type: 'domain', value: 'evil.example.net' }] }],
  })
  return misp
}

function asking({ url, keys }: FakeMisp): string {
  return configured({
    providers: { ...FEEDS(), misp: { type: 'misp', url, apiKey: keys.user, retries: 0 } },
  })
}

describe('an alert', () => {
  it('that matches is told to Wazuh, and nobody else', async () => {
    const { exitCode, out, err, events } = await usual(BAD)
    expect({ exitCode, out, err }).toEqual({ exitCode: 0, out: '', err: '' })
    expect(events).toMatchObject([{ integration: 'misp', misp: { value: 'evil.example.net' } }])
    expect(existsSync(join(folder, 'state'))).toBe(false)
  })

  it('that does not match is told to nobody', async () => {
    expect(await usual(alertLine(1))).toEqual({ exitCode: 0, out: '', err: '', events: [] })
  })

  it.each([
    ['{not json', 'not JSON'],
    ['', 'empty'],
  ])('that is none is told as an error: %j', async (text, told) => {
    const { exitCode, out, events } = await usual(text)
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: '' })
    expect(events).toMatchObject([
      {
        misp: {
          error: expect.stringMatching(`^Invalid Wazuh log structure: .*${told}`) as string,
          code: 'ALERT_MALFORMED',
          provider: 'custom-misp',
        },
      },
    ])
  })

  it('whose file is gone is told as an error', async () => {
    const { exitCode, events } = await integration('--config', configured(), join(folder, 'gone.alert'))
    expect(exitCode).toBe(0)
    expect(events).toMatchObject([{ misp: { code: 'ALERT_MALFORMED' } }])
  })

  it('that lacks its agent is told as an error, and looked up all the same', async () => {
    const { exitCode, events } = await usual(BAD.replace('"agent"', '"other"'))
    expect(exitCode).toBe(0)
    expect(events).toHaveLength(2)
    expect(events).toContainEqual(
      expect.objectContaining({ misp: expect.objectContaining({ value: 'evil.example.net' }) as object }),
    )
    expect(JSON.stringify(events)).toContain('Invalid Wazuh log structure: the alert has no agent')
  })
})

describe('a provider', () => {
  it('is asked, with the key of the configuration', async () => {
    const { exitCode, err, events } = await usual(BAD, asking(await withMisp()))
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(events).toMatchObject([{ tripline: { providers: ['feeds', 'misp'] } }])
  })

  it('that is not there is told as an error; what is known of the alert is told, too', async () => {
    const server = await withMisp()
    const config = asking(server)
    await server.close()
    const { exitCode, out, events } = await usual(BAD, config)
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: '' })
    expect(events).toHaveLength(2)
    expect(JSON.stringify(events)).toContain('"code":"PROVIDER_UNREACHABLE"')
    expect(JSON.stringify(events)).toContain('"value":"evil.example.net"')
  })

  it('that hangs is told as an error when the time is over', async () => {
    const server = await withMisp()
    const config = asking(server)
    server.setFault('hang')
    const args = ['--timeout', '1s', '--name', 'custom-misp', '--config', config, '--', written(BAD)]
    const { exitCode, events } = await integration(...args)
    expect(exitCode).toBe(0)
    expect(JSON.stringify(events)).toContain('"code":"PROVIDER_UNREACHABLE"')
    expect(JSON.stringify(events)).toContain('"value":"evil.example.net"')
  })
})

describe('a trouble', () => {
  it('is one of the platform that has it, whichever script was run', async () => {
    const server = await withMisp()
    const opencti = await startFakeOpenCti()
    const { url, token } = opencti
    const providers = {
      misp: { type: 'misp', url: server.url, apiKey: server.keys.user, retries: 0 },
      cti: { type: 'opencti', url, token, retries: 0 },
    }
    await Promise.all([server.close(), opencti.close()])
    for (const name of ['custom-misp', 'custom-opencti']) {
      const sinks = { wazuh: { type: 'wazuh-log', path: join(folder, `${name}.json`) } }
      const config = configured({ providers, sinks })
      const { exitCode } = await integration('--name', name, '--config', config, '--', written(BAD))
      expect(exitCode).toBe(0)
      const lines = readFileSync(sinks.wazuh.path, 'utf8').split('\n').slice(0, -1)
      const events = lines.map((line) => JSON.parse(line) as object)
      expect(events).toHaveLength(2)
      expect(events).toContainEqual(
        expect.objectContaining({
          integration: 'misp',
          misp: expect.objectContaining({ provider: 'misp' }) as object,
        }),
      )
      expect(events).toContainEqual(
        expect.objectContaining({
          integration: 'opencti',
          tripline: expect.objectContaining({ provider: 'cti' }) as object,
        }),
      )
    }
  })

  it('that cannot be told is a failure of the command', async () => {
    symlinkSync('/dev/full', join(folder, 'full.json'))
    const sinks = { wazuh: { type: 'wazuh-log', path: join(folder, 'full.json') } }
    expect(await usual('{not json', configured({ sinks }))).toMatchObject({ exitCode: 1, out: '' })
  })
})

describe('what is wrong with the installation', () => {
  it('is a configuration without a way to Wazuh', async () => {
    const config = configured({ sinks: { matches: { type: 'match-log', path: join(folder, 'm.log') } } })
    const { exitCode, err } = await usual(BAD, config)
    expect(exitCode).toBe(2)
    expect(err).toContain('No sink of the configuration goes to Wazuh')
  })

  it('is a sink that cannot be opened', async () => {
    mkdirSync(join(folder, 'events.json'))
    const config = configured()
    const stdout = new PassThrough()
    const io = { env: {}, stdin: Readable.from([]), stdout, stderr: new PassThrough(), version: '0' }
    const argv = ['integration', '--config', config, '--timeout', '300ms', written(BAD)]
    const { exitCode } = await runProgram(argv, { ...io, signal: new AbortController().signal })
    expect(exitCode).toBe(1)
  })

  it.each([[[]], [['']]])('is a call without an alert: %j', async (args) => {
    expect(await integration(...args)).toMatchObject({ exitCode: 2, out: '' })
  })

  it('is told without a word of the key, wherever that stands', async () => {
    const { err } = await integration(written(BAD), KEY, KEY, `--nonsense=${KEY}`, '--config', '/gone.yaml')
    expect(err).not.toBe('')
    expect(err).not.toContain(KEY)
  })
})

describe('the word debug', () => {
  it('makes the command tell what it did, without the alert and the key', async () => {
    const { exitCode, err } = await integration(
      '--config',
      configured(),
      '--',
      written(BAD),
      KEY,
      '',
      'debug',
    )
    expect(exitCode).toBe(0)
    const lines = err.split('\n').slice(0, -1)
    const last = JSON.parse(lines.at(-1) ?? '') as object
    expect(last).toMatchObject({ msg: 'The alert was looked up', alerts: 1, matches: 1, notices: 0 })
    expect(err).not.toContain(KEY)
    expect(err).not.toContain('evil.example.net')
  })
})
