import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import type { Sighting, Store } from '../../src/core/ports.ts'
import { AppError } from '../../src/core/errors.ts'
import type { MispClient } from '../../src/intel/misp/api.ts'
import { createMispClient } from '../../src/intel/misp/client/client.ts'
import { mispConfig } from '../../src/intel/misp/config.ts'
import { createMispSightings, type MispSightings } from '../../src/intel/misp/sightings/sightings.ts'
import { createMemoryStore } from '../../src/store/memory/memory.ts'
import { openStore } from '../../src/store/registry.ts'
import { storeEvents } from '../../src/telemetry/events/store.ts'
import { startFakeMisp, type FakeMisp } from '../support/fake-misp/fake-misp.ts'
import { scriptedSightings } from '../support/scripted-sightings.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

const SETTINGS = {
  type: 'misp',
  url: 'https://misp.example',
  apiKey: 'k',
  rateLimit: '0s',
  sightings: { enabled: true, flushEvery: '50ms' },
} as const

let stateDir = ''
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'tripline-sightings-'))
})
afterEach(async () => {
  await rm(stateDir, { recursive: true })
})

function openState(): Promise<Store> {
  const telemetry = recordedTelemetry()
  return openStore({ type: 'lmdb' }, { stateDir, clock: systemClock, events: storeEvents(telemetry) })
}

const seenAt = Date.now()

function sighting(ref: string): Sighting {
  return {
    ref,
    event: '7',
    value: '198.51.100.7',
    agent: { id: '001', name: 'web-1' },
    manager: 'wazuh',
    seenAt,
    alert: 'a1',
    times: 1,
  }
}

const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

const moduleUrl = (path: string): string => JSON.stringify(new URL(`../../${path}`, import.meta.url).href)

/** A process that reports to a MISP that is down, tells when the report has resolved, and is then killed. */
async function reportAndBeKilled(sightings: readonly Sighting[]): Promise<void> {
  const script = `
    import { openStore } from ${moduleUrl('src/store/registry.ts')}
    import { mispConfig } from ${moduleUrl('src/intel/misp/config.ts')}
    import { createMispSightings } from ${moduleUrl('src/intel/misp/sightings/sightings.ts')}
    import { scriptedSightings } from ${moduleUrl('test/support/scripted-sightings.ts')}
    import { recordedTelemetry } from ${moduleUrl('test/support/telemetry.ts')}
    import { systemClock as clock } from ${moduleUrl('src/core/clock.ts')}
    const store = await openStore({ type: 'lmdb' }, { stateDir: ${JSON.stringify(stateDir)}, clock, events: {} })
    const { client, ...server } = scriptedSightings()
    client.version = () => Promise.reject(new Error('down'))
    const config = mispConfig.parse(${JSON.stringify(SETTINGS)})
    const made = createMispSightings({ id: 'misp', config, client, store, telemetry: recordedTelemetry() })
    await made.report(${JSON.stringify(sightings)})
    console.log('reported')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  await Promise.race([once(child.stdout, 'data'), exited.then(() => Promise.reject(new Error('it ended')))])
  child.kill('SIGKILL')
  await exited
}

describe('with the state on the disk', () => {
  it('what was reported outlives kill -9, and is sent once', async () => {
    const first = sighting('11111111-1111-4111-8111-111111111111')
    const second = sighting('22222222-2222-4222-8222-222222222222')
    await reportAndBeKilled([first])
    const server = scriptedSightings()
    const run = async (sightings: readonly Sighting[]): Promise<void> => {
      const store = await openState()
      const config = mispConfig.parse(SETTINGS)
      const telemetry = recordedTelemetry()
      const made = createMispSightings({ id: 'misp', config, client: server.client, store, telemetry })
      await made.report(sightings)
      await made.close()
      await store.close()
    }
    await run([second])
    expect([...server.saved.values()].map(({ attributeUuid }) => attributeUuid)).toEqual([
      first.ref,
      second.ref,
    ])
    const requests = server.requests.length
    await run([first, second])
    expect(server.requests.slice(requests)).toEqual(['version'])
  })
})

describe('against a MISP', () => {
  let misp: FakeMisp
  let ending: (() => Promise<void>)[] = []
  beforeEach(async () => {
    misp = await startFakeMisp()
  })
  afterEach(async () => {
    for (const end of ending.toReversed()) await end()
    ending = []
    await misp.close()
  })

  /** Two attributes in one event, and what tells that they were seen. */
  function addEvent(values: readonly string[]): readonly Sighting[] {
    const event = misp.addEvent({ attributes: values.map((value) => ({ type: 'domain', value })) })
    return event.attributes.map(({ uuid }, index) => ({
      ...sighting(uuid),
      event: event.id,
      value: values[index] ?? '',
    }))
  }

  interface Given {
    readonly key?: keyof FakeMisp['keys']
    readonly wrap?: (client: MispClient) => MispClient
  }

  function open({ key = 'user', wrap = (client) => client }: Given = {}) {
    const telemetry = recordedTelemetry()
    const config = mispConfig.parse({ ...SETTINGS, url: misp.url, apiKey: misp.keys[key], timeout: '2s' })
    const client = createMispClient({ config, provider: 'misp', telemetry })
    const store = createMemoryStore({ clock: systemClock, maxEntries: 1000 })
    const made: MispSightings = createMispSightings({
      id: 'misp',
      config,
      client: wrap(client),
      store,
      telemetry,
    })
    ending.push(
      () => client.close(),
      () => made.close(),
    )
    const outcomes = async (): Promise<Record<string, number>> => {
      const metric = await telemetry.metrics.registry.getSingleMetric('tripline_sightings_total')?.get()
      return Object.fromEntries(
        (metric?.values ?? []).map(({ labels, value }) => [String(labels['outcome']), value]),
      )
    }
    return { sightings: made, telemetry, outcomes }
  }

  /** Attribute and source of each. */
  const stored = (): string[] =>
    misp.sightings.map(({ attributeUuid, source }) => `${attributeUuid} ${source}`).toSorted(byText)
  const posts = (): string[] =>
    misp.requests.filter(({ method }) => method === 'POST').map(({ path }) => path)

  it('one is stored for each attribute, agent and interval, with its time', async () => {
    const [one, two] = addEvent(['a.example.net', 'b.example.net'])
    if (one === undefined || two === undefined) throw new Error('no attributes')
    const { sightings: tell, outcomes } = open()
    await tell.report([one, { ...one, seenAt: one.seenAt + 1 }, one, two])
    await tell.report([{ ...one, agent: { id: '002', name: 'web-2' } }])
    await tell.report([{ ...one, seenAt: one.seenAt - 3_600_000 }])
    await expect.poll(outcomes).toEqual({ sent: 4, spared: 2 })
    expect(stored()).toEqual(
      [
        `${one.ref} tripline/web-1`,
        `${one.ref} tripline/web-1`,
        `${one.ref} tripline/web-2`,
        `${two.ref} tripline/web-1`,
      ].toSorted(byText),
    )
    expect(misp.sightings.map(({ date }) => date)).toContain(Math.floor(one.seenAt / 1000))
    expect(misp.sightings.every(({ type }) => type === '0')).toBe(true)
  })

  it.each(['truncated-json', 'reset'] as const)(
    'a lost answer (%s) gives no second one, though it is sent again',
    async (fault) => {
      const sightings = addEvent(['a.example.net', 'b.example.net'])
      misp.setFault(fault, { times: 1, path: /bulkSaveSightings/ })
      const { sightings: tell, outcomes } = open()
      await tell.report(sightings)
      await expect.poll(outcomes).toEqual({ sent: 2 })
      expect(posts().length).toBe(2)
      expect(misp.sightings.length).toBe(2)
    },
  )

  it('nothing is lost while the server is down', async () => {
    const sightings = addEvent(['a.example.net', 'b.example.net'])
    await misp.stop()
    const { sightings: tell, telemetry, outcomes } = open()
    await tell.report(sightings)
    await expect.poll(() => telemetry.lines.map(({ code }) => code)).toContain('PROVIDER_UNREACHABLE')
    await misp.start()
    await expect.poll(outcomes).toEqual({ sent: 2 })
    expect(misp.sightings.length).toBe(2)
  })

  it('what is about an attribute, or an event, that is gone is refused and not sent again', async () => {
    const [kept, gone] = addEvent(['a.example.net', 'b.example.net'])
    const [other] = addEvent(['c.example.net'])
    if (kept === undefined || gone === undefined || other === undefined) throw new Error('no attributes')
    misp.deleteAttribute(gone.ref, 'hard')
    misp.deleteEvent(other.event ?? '')
    const { sightings: tell, outcomes } = open()
    await tell.report([kept, gone, other])
    await expect.poll(outcomes).toEqual({ sent: 1, refused: 2 })
    expect(posts().length).toBe(2)
    expect(stored()).toEqual([`${kept.ref} tripline/web-1`])
  })

  it.each(['rokey', 'ro', 'expired', 'noapi'] as const)(
    'with the key «%s» nothing is sent, which is told once',
    async (key) => {
      const sightings = addEvent(['a.example.net'])
      const { sightings: tell, telemetry } = open({ key })
      await tell.report(sightings)
      await expect
        .poll(() => telemetry.lines.filter(({ msg }) => String(msg).startsWith('Sightings cannot be sent')))
        .toMatchObject([{ code: 'PROVIDER_REFUSED', provider: 'misp' }])
      expect(posts()).toEqual([])
      expect(misp.sightings.length).toBe(0)
    },
  )

  it('by value they are stored for published attributes only, also of IPv6 addresses', async () => {
    const value = '2001:db8:0:0::7'
    const [first] = misp.addEvent({ attributes: [{ type: 'ip-dst', value }] }).attributes
    misp.addEvent({ attributes: [{ type: 'ip-src', value }], published: false })
    misp.addEvent({ attributes: [{ type: 'ip-src', value, to_ids: false }] })
    const { sightings: tell, outcomes } = open({
      wrap: (client) => ({
        ...client,
        saveSightings: () => Promise.reject(new AppError('PROVIDER_REFUSED', 'No bulks for this role')),
      }),
    })
    await tell.report([{ ...sighting(first?.uuid ?? ''), value: '2001:db8::7' }])
    await expect.poll(outcomes).toEqual({ sent: 1 })
    expect(stored()).toEqual([`${first?.uuid} tripline/web-1`])
  })
})
