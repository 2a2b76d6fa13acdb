import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../test/support/clock.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import { AppError } from '../../core/errors.ts'
import { platformEvents } from '../../telemetry/events/platform.ts'
import type { MispClient, MispUser, MispVersion } from './api.ts'
import { mispConfig } from './config.ts'
import { inspectMisp } from './inspect.ts'

const SETTINGS = { type: 'misp', url: 'https://misp.example.org/misp/', apiKey: 'PLANTED' }
const VERSION: MispVersion = { version: '2.5.1', maySight: true, sightingFilters: true }
const USER: MispUser = { email: 'analyst@org1.test', organisation: 'ORGNAME', role: 'User', maySight: true }
const DAY = 86_400_000

interface Scene {
  readonly settings?: object
  readonly version?: Partial<MispVersion> | AppError
  readonly user?: Partial<MispUser> | AppError
}

function answer<T>(usual: T, given: Partial<T> | AppError = {}): Promise<T> {
  return given instanceof AppError ? Promise.reject(given) : Promise.resolve({ ...usual, ...given })
}

/** Findings as `level text`, and all hints. */
async function inspect({ settings = {}, version, user }: Scene) {
  const client: Pick<MispClient, 'version' | 'me'> = {
    version: () => answer(VERSION, version),
    me: () => answer(USER, user),
  }
  const found = await inspectMisp({
    provider: 'misp',
    config: mispConfig.parse({ ...SETTINGS, ...settings }),
    telemetry: recordedTelemetry(manualClock()),
    signal: new AbortController().signal,
    client: client as MispClient,
  })
  expect(JSON.stringify(found)).not.toContain('PLANTED')
  expect(found.filter(({ level, hint }) => level !== 'ok' && hint === undefined)).toEqual([])
  return found.map(({ level, text }) => `${level}: ${text}`)
}

const now = manualClock().now()
const USUAL = [
  'ok: MISP 2.5.1 at https://misp.example.org/misp answers',
  'ok: the key is that of analyst@org1.test, organisation ORGNAME, role User',
]

describe('inspectMisp', () => {
  it('says what is there when all is well', async () => {
    expect(await inspect({})).toEqual(USUAL)
  })

  it.each<[name: string, scene: Scene, finding: string]>([
    [
      'a key that expires in a year',
      { user: { keyExpires: now + 365 * DAY } },
      'ok: the key expires on 2027-03-09, in 365 days',
    ],
    [
      'a key that expires soon',
      { user: { keyExpires: now + 13.5 * DAY } },
      'warning: the key expires on 2026-03-22, in 13 days',
    ],
    [
      'a key that expires tomorrow',
      { user: { keyExpires: now + DAY } },
      'warning: the key expires on 2026-03-10, in 1 day',
    ],
    [
      'a clock that is ahead',
      { user: { clockSkew: 90_400 } },
      'warning: the clock of MISP is 90s ahead of that of this machine',
    ],
    [
      'a clock that is behind',
      { user: { clockSkew: -3_600_000 } },
      'warning: the clock of MISP is 1h behind that of this machine',
    ],
    [
      'a role with a low limit',
      { user: { rateLimit: 20 } },
      'warning: the role of the key may search 20 times in 15 minutes',
    ],
    [
      'a role with a high limit',
      { user: { rateLimit: 9000 } },
      'ok: the role of the key may search 9000 times in 15 minutes',
    ],
    [
      'a role that may not search',
      { user: { rateLimit: 0 } },
      'error: the role of the key may not search at all: its rate limit is 0',
    ],
    [
      'a cap of rows',
      { user: { resultLimit: 5000 } },
      'ok: the role of the key gets at most 5000 attributes in one answer',
    ],
    [
      'a low cap of rows',
      { user: { resultLimit: 50 } },
      'warning: the role of the key gets at most 50 attributes in one answer',
    ],
    [
      'sightings that may be added',
      { settings: { sightings: { enabled: true } } },
      'ok: the key may add sightings',
    ],
  ])('tells of %s', async (_name, scene, finding) => {
    expect(await inspect(scene)).toEqual([...USUAL, finding])
  })

  it.each<[name: string, scene: Scene]>([
    ['key', { version: { maySight: false } }],
    ['role', { user: { maySight: false } }],
  ])('minds a read-only %s only when sightings are enabled', async (_name, scene) => {
    expect(await inspect(scene)).toEqual(USUAL)
    const [, , finding] = await inspect({ ...scene, settings: { sightings: { enabled: true } } })
    expect(finding).toContain('error: sightings are enabled, but the key may not add any')
  })

  it.each<[url: string, tlsVerify: boolean, finding: string]>([
    ['http://misp.example.org', true, 'warning: the key is sent without encryption: url begins with http://'],
    ['http://127.0.0.1:8080', true, 'ok: MISP 2.5.1 at http://127.0.0.1:8080 answers'],
    [
      'https://misp.example.org',
      false,
      'warning: the certificate of the server is not verified: anybody could stand in for it',
    ],
  ])('judges %s with tlsVerify %s', async (url, tlsVerify, finding) => {
    expect((await inspect({ settings: { url, tlsVerify } }))[0]).toBe(finding)
  })

  it('says why it cannot look further', async () => {
    const refused = new AppError('PROVIDER_REFUSED', 'MISP refuses the key', { hint: 'Copy it once more.' })
    const settings = { url: 'http://misp.example.org' }
    expect(await inspect({ settings, version: refused })).toEqual([
      'warning: the key is sent without encryption: url begins with http://',
      'error: MISP refuses the key',
    ])
    expect(await inspect({ user: refused })).toEqual(['error: MISP refuses the key'])
  })

  it('says what is wrong with caFile before anything is asked', async () => {
    const config = mispConfig.parse({ ...SETTINGS, caFile: '/nowhere/ca.pem' })
    const signal = new AbortController().signal
    const found = await inspectMisp({ provider: 'misp', config, telemetry: recordedTelemetry(), signal })
    expect(found).toMatchObject([{ level: 'error', text: 'caFile /nowhere/ca.pem cannot be read (ENOENT)' }])
  })

  it('rejects after abort', async () => {
    const config = mispConfig.parse(SETTINGS)
    const signal = AbortSignal.abort(new Error('enough'))
    const found = inspectMisp({ provider: 'misp', config, telemetry: recordedTelemetry(), signal })
    await expect(found).rejects.toThrow('enough')
  })
})

it('is logged as one line of what is well, and one for each trouble', () => {
  const telemetry = recordedTelemetry()
  platformEvents(telemetry, 'misp').looked([
    { level: 'ok', text: 'a' },
    { level: 'warning', text: 'b', hint: 'do c' },
    { level: 'error', text: 'd' },
    { level: 'ok', text: 'e' },
  ])
  expect(telemetry.lines).toMatchObject([
    { level: 30, found: ['a', 'e'] },
    { level: 40, problem: 'b', hint: 'do c' },
    { level: 50, problem: 'd' },
  ])
})
