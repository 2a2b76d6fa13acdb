import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { checkAccess } from '../../src/app/check/check.ts'
import { systemClock } from '../../src/core/clock.ts'
import type { AttributeQuery, MispClient } from '../../src/intel/misp/api.ts'
import { createMispClient } from '../../src/intel/misp/client/client.ts'
import { mispConfig, type MispConfig } from '../../src/intel/misp/config.ts'
import { inspectMisp } from '../../src/intel/misp/inspect.ts'
import { startFakeMisp, type FakeMisp, type FakeMispOptions } from '../support/fake-misp/fake-misp.ts'
import type { KeyName } from '../support/fake-misp/types.ts'
import { manualClock } from '../support/clock.ts'
import { recordedTelemetry, type RecordedTelemetry } from '../support/telemetry.ts'

const TLS = join(import.meta.dirname, '../fixtures/tls')
const never = new AbortController().signal
const EVIL: AttributeQuery = { values: ['198.51.100.7'], toIds: true, published: true, limit: 100 }

const EVENT = {
  info: 'A campaign',
  date: '2026-03-01',
  tags: ['tlp:amber', 'misp-galaxy:threat-actor="APT28"'],
  attributes: [
    { type: 'ip-dst|port', value: '198.51.100.7|443', comment: 'gate', tags: ['c2'] },
    { type: 'domain', value: 'evil.com' },
    { type: 'domain', value: 'quiet.com', to_ids: false },
  ],
}

let closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.toReversed()) await close()
  closing = []
})

async function fakeMisp(options: FakeMispOptions = {}): Promise<FakeMisp> {
  const misp = await startFakeMisp({ events: [EVENT], ...options })
  closing.push(() => misp.close())
  return misp
}

function configOf(misp: FakeMisp, settings: object = {}, key: KeyName | undefined = 'user'): MispConfig {
  return mispConfig.parse({ type: 'misp', url: misp.url, apiKey: misp.keys[key], ...settings })
}

function clientOf(config: MispConfig, telemetry: RecordedTelemetry = recordedTelemetry()): MispClient {
  const client = createMispClient({ config, provider: 'misp', telemetry })
  closing.push(() => client.close())
  return client
}

/** The error of a call, the key nowhere in it. */
async function failure(call: Promise<unknown>, config: MispConfig): Promise<Error & { code?: string }> {
  const error: unknown = await call.then(
    () => expect.fail('it answered'),
    (cause: unknown) => cause,
  )
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(config.apiKey.reveal())
  return error as Error
}

/** What `check` would say, `ok` left out. */
async function troubles(config: MispConfig): Promise<readonly string[]> {
  const found = await inspectMisp({ provider: 'misp', config, telemetry: recordedTelemetry(), signal: never })
  expect(inspect(found)).not.toContain(config.apiKey.reveal())
  return found.filter(({ level }) => level !== 'ok').map(({ level, text }) => `${level}: ${text}`)
}

describe('the MISP client', () => {
  it.each([
    ['', ''],
    ['/misp', '/'],
    ['/misp', '/attributes/restSearch/'],
  ])('finds attributes at base path «%s», written with «%s» behind it', async (basePath, tail) => {
    const misp = await fakeMisp({ basePath })
    const telemetry = recordedTelemetry()
    const client = clientOf(configOf(misp, { url: `${misp.url}${tail}` }), telemetry)
    const page = await client.searchAttributes(EVIL, never)
    expect(page).toMatchObject({ malformed: 0, skipped: 0, more: false })
    expect(page.rows).toMatchObject([
      {
        type: 'ip-dst|port',
        value: '198.51.100.7|443',
        toIds: true,
        deleted: false,
        comment: 'gate',
        tags: ['c2', 'tlp:amber', 'misp-galaxy:threat-actor="APT28"'],
        event: { info: 'A campaign', date: '2026-03-01', organisation: 'ORGNAME', published: true },
      },
    ])
    expect(misp.requests).toMatchObject([{ method: 'POST', key: misp.keys.user, status: 200 }])
    expect(await telemetry.metrics.total('provider_requests_total')).toBe(1)
  })

  it('reads the attributes of an event page by page, deleted ones too', async () => {
    const misp = await fakeMisp()
    const attributes = Array.from({ length: 25 }, (_, index) => ({ type: 'domain', value: `d${index}.com` }))
    const event = misp.addEvent({ attributes })
    misp.deleteAttribute(event.attributes[3]?.uuid ?? '', 'soft', { publish: true })
    misp.setFault('page-cap', { rows: 7 })
    const client = clientOf(configOf(misp))
    const values = new Set<string>()
    let deleted = 0
    for (let page = 1, more = true; more; page++) {
      const answer = await client.searchAttributes(
        { events: [event.uuid], withDeleted: true, limit: 10, page },
        never,
      )
      for (const row of answer.rows) values.add(row.value)
      deleted += answer.rows.filter((row) => row.deleted).length
      more = answer.more
    }
    expect([values.size, deleted]).toEqual([25, 1])
  })

  it('asks for version, user, life, events and warning-lists', async () => {
    const misp = await fakeMisp()
    const { id } = misp.addWarningList({
      name: 'Own',
      type: 'cidr',
      entries: ['10.0.0.0/8', '192.168.0.0/16'],
    })
    const client = clientOf(configOf(misp, {}, 'expiring'))
    expect(await client.version(never)).toEqual({ version: '2.5.1', maySight: true, sightingFilters: true })
    const me = await client.me(never)
    expect(me).toMatchObject({ email: 'analyst@org1.test', role: 'User', keyExpires: Date.UTC(2030, 0) })
    expect(Math.abs(me.clockSkew ?? Infinity)).toBeLessThan(5000)
    await client.heartbeat(never)
    expect(misp.requests.at(-1)).not.toHaveProperty('key')
    const index = await client.eventIndex({}, never)
    expect(index.events).toMatchObject([{ published: true }])
    expect(index.serverTime).toBeDefined()
    expect((await client.eventIndex({ publishedSince: 4_000_000_000 }, never)).events).toEqual([])
    expect(await client.warningLists(never)).toMatchObject([{ id, name: 'Own', entries: 2 }])
    expect(await client.warningList(id, never)).toMatchObject({
      name: 'Own',
      list: ['10.0.0.0/8', '192.168.0.0/16'],
    })
  })

  it('adds sightings', async () => {
    const misp = await fakeMisp()
    const client = clientOf(configOf(misp))
    const [row] = (await client.searchAttributes(EVIL, never)).rows
    const sighting = {
      uuid: '5f0c7a4e-1c2d-4b3a-9e8f-001122334455',
      attributeUuid: row?.uuid ?? '',
      seenAt: 1_773_043_200,
      source: 'tripline',
    }
    const save = () => client.saveSightings(row?.event.id ?? '', [sighting], never)
    expect(await save()).toEqual({ kind: 'saved', count: 1 })
    expect(await save()).toEqual({ kind: 'saved', count: 0 })
    const add = (value: string) =>
      client.addSightings({ values: [value], seenAt: 1_773_043_200, source: 's' }, never)
    expect(await add('198.51.100.7')).toEqual({ kind: 'saved' })
    expect(await add('nothing.example')).toMatchObject({ kind: 'refused' })
    expect(misp.sightings).toHaveLength(2)
  })

  it('tells what is left of a limited role, and for how long it may not ask', async () => {
    const misp = await fakeMisp()
    const config = configOf(misp, {}, 'limited')
    const client = clientOf(config)
    expect(client.limit?.()).toBeUndefined()
    await client.searchAttributes(EVIL, never)
    expect(client.limit?.()).toMatchObject({ remaining: expect.any(Number) as number })
    misp.setFault('rate-limit', { seconds: 877 })
    const error = await failure(client.searchAttributes(EVIL, never), config)
    expect(error).toMatchObject({ code: 'PROVIDER_THROTTLED', retryAfterMs: 877_000 })
  })

  it.each([
    ['maintenance', 'PROVIDER_UNREACHABLE', 'maintenance'],
    ['database-down', 'PROVIDER_OVERLOADED', 'internal error'],
    ['html-200', 'PROVIDER_UNSUPPORTED', 'web page'],
    ['html-502', 'PROVIDER_UNREACHABLE', '502'],
    ['truncated-json', 'PROVIDER_MALFORMED', 'cut off'],
    ['reset', 'PROVIDER_UNREACHABLE', 'closed'],
    ['huge-answer', 'PROVIDER_OVERLOADED', '64KiB'],
  ] as const)('R41: maps %s, counts it, and asks again all the same', async (fault, code, words) => {
    const misp = await fakeMisp()
    const telemetry = recordedTelemetry()
    const config = configOf(misp, { maxAnswerBytes: '64KiB' })
    const client = clientOf(config, telemetry)
    misp.setFault(fault, { times: 1 })
    const error = await failure(client.searchAttributes(EVIL, never), config)
    expect(error).toMatchObject({ code })
    expect(error.message).toContain(words)
    const counted = await telemetry.metrics.registry.getSingleMetricAsString(
      'tripline_provider_requests_total',
    )
    expect(counted).toContain(`outcome="${code}"`)
    expect((await client.searchAttributes(EVIL, never)).rows).toHaveLength(1)
  })

  it.each(['hang', 'slow-drip'] as const)('R41: gives up on a server that answers with %s', async (fault) => {
    const misp = await fakeMisp()
    const clock = manualClock()
    const config = configOf(misp, { timeout: '30s' })
    const client = clientOf(config, recordedTelemetry(clock))
    misp.setFault(fault, { times: 1 })
    const asked = failure(client.searchAttributes(EVIL, never), config)
    await expect.poll(() => misp.requests.length).toBe(1)
    await clock.advance(30_000)
    expect(await asked).toMatchObject({
      code: 'PROVIDER_UNREACHABLE',
      message: expect.stringContaining('within 30s') as string,
    })
    expect((await client.searchAttributes(EVIL, never)).rows).toHaveLength(1)
  })

  it('sends nothing with a key that breaks the header', async () => {
    const misp = await fakeMisp()
    const config = mispConfig.parse({ type: 'misp', url: misp.url, apiKey: 'PLANTED\nX-Other: 1' })
    expect(await failure(clientOf(config).version(never), config)).toMatchObject({ code: 'PROVIDER_REFUSED' })
    expect(misp.requests).toEqual([])
  })

  it('gives up when told to, and counts that apart', async () => {
    const misp = await fakeMisp()
    misp.setFault('hang')
    const telemetry = recordedTelemetry()
    const stop = new AbortController()
    const asked = clientOf(configOf(misp), telemetry).version(stop.signal)
    await expect.poll(() => misp.requests.length).toBe(1)
    stop.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    const counted = await telemetry.metrics.registry.getSingleMetricAsString(
      'tripline_provider_requests_total',
    )
    expect(counted).toContain('outcome="aborted"')
  })
})

describe('check', () => {
  it('finds nothing wrong where nothing is', async () => {
    expect(await troubles(configOf(await fakeMisp()))).toEqual([])
  })

  it.each<[key: KeyName, words: RegExp]>([
    ['expired', /^error: MISP refuses the key: it is wrong or has expired, or/],
    ['noapi', /^error: MISP refuses the key: .* role of its user may not use the API/],
    ['disabled', /^error: MISP refuses the key: its user is disabled/],
    ['ipkey', /^error: MISP refuses the key from the address of this machine/],
    ['nosearch', /^error: the role of the key may not search at all/],
    ['limited', /^warning: the role of the key may search 20 times in 15 minutes/],
  ])('says what is wrong with the key %s', async (key, words) => {
    const found = await troubles(configOf(await fakeMisp(), {}, key))
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(words)
  })

  it.each<KeyName>(['ro', 'rokey'])('minds the read-only key %s only with sightings', async (key) => {
    const misp = await fakeMisp()
    expect(await troubles(configOf(misp, {}, key))).toEqual([])
    const found = await troubles(configOf(misp, { sightings: { enabled: true } }, key))
    expect(found).toMatchObject([expect.stringContaining('error: sightings are enabled, but')])
  })

  it('says that a key is wrong, a MISP too old, its clock wrong', async () => {
    const misp = await fakeMisp()
    expect(await troubles(configOf(misp, { apiKey: 'Z'.repeat(40) }))).toMatchObject([
      expect.stringContaining('error: MISP refuses the key'),
    ])
    misp.setFault('clock-skew', { seconds: -300 })
    expect(await troubles(configOf(misp))).toMatchObject([
      expect.stringMatching(/^warning: the clock of MISP is \d+(?:s|m) behind that of this machine/),
    ])
    const old = await fakeMisp({ version: '2.4.100' })
    expect(await troubles(configOf(old))).toEqual([
      'error: MISP 2.4.100 is too old: 2.4.142 or later is needed',
    ])
  })

  it('says that there is another website at this address, or nothing', async () => {
    const site = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!DOCTYPE html><title>Welcome</title>')
    })
    const url = `http://127.0.0.1:${await portOf(site)}/wiki`
    const config = mispConfig.parse({ type: 'misp', url, apiKey: 'PLANTED' })
    expect(await troubles(config)).toEqual([
      'error: There is no MISP at this address: it answers with a web page',
    ])
    await new Promise((resolve) => {
      site.close(resolve)
      site.closeAllConnections()
    })
    expect(await troubles(config)).toMatchObject([expect.stringContaining('refuses connections')])
  })

  it('says how to give the authority of a self-signed certificate, and is content with it', async () => {
    const [key, cert] = ['self-signed-key.pem', 'self-signed.pem'].map((name) =>
      readFileSync(join(TLS, name), 'utf8'),
    )
    const misp = await fakeMisp({ tls: { key: key ?? '', cert: cert ?? '' } })
    const [found] = await inspectMisp({
      provider: 'misp',
      config: configOf(misp),
      telemetry: recordedTelemetry(),
      signal: never,
    })
    expect(found).toMatchObject({ level: 'error', hint: expect.stringContaining('caFile') as string })
    expect(await troubles(configOf(misp, { caFile: join(TLS, 'self-signed.pem') }))).toEqual([])
    expect(await troubles(configOf(misp, { tlsVerify: false }))).toEqual([
      'warning: the certificate of the server is not verified: anybody could stand in for it',
    ])
  })

  it('is part of the command', async () => {
    const misp = await fakeMisp()
    const env = { MISP_URL: misp.url, MISP_API_KEY: misp.keys.expired, TRIPLINE_STATE_DIR: '/tmp' }
    const { config } = await loadConfig({ env })
    const findings = await checkAccess(config, { clock: systemClock, signal: never })
    expect(findings.filter(({ subject }) => subject === 'providers.misp')).toMatchObject([
      { level: 'error', text: expect.stringContaining('MISP refuses the key') as string },
    ])
    const gone = checkAccess(config, { clock: systemClock, signal: AbortSignal.abort() })
    await expect(gone).rejects.toMatchObject({ code: 'INTERNAL' })
  })
})

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
